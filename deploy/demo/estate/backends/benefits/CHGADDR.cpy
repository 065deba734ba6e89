      *================================================================
      * CHGADDR - CHANGES OF ADDRESS, SENT TO US. LRECL 120, CP037.
      * CHECKED: SEQUENCE, COUNT, AND THE HASH TOTAL OF SUBMISSION-REF.
      *================================================================
       01  CHGADDR-HEADER.
           05  REC-TYPE                PIC X(01).
           05  FILE-ID                 PIC X(08).
           05  FILE-SEQUENCE           PIC 9(06).
           05  CREATED-AT              PIC 9(14).
           05  FILLER                  PIC X(91).

       01  CHGADDR-RECORD.
           05  REC-TYPE                PIC X(01).
           05  SUBMISSION-REF          PIC 9(10).
           05  CITIZEN-ID              PIC X(07).
           05  ADDR-LINE-1             PIC X(30).
           05  ADDR-LINE-2             PIC X(20).
           05  TOWN                    PIC X(16).
           05  POSTCODE                PIC X(08).
      *    ZERO OR BLANK WHEN THE CITIZEN HAS MOVED ALREADY
           05  MOVED-ON                PIC 9(08).
           05  FILLER                  PIC X(20).

       01  CHGADDR-TRAILER.
           05  REC-TYPE                PIC X(01).
           05  FILE-SEQUENCE           PIC 9(06).
           05  RECORD-COUNT            PIC 9(07).
           05  REF-HASH-TOTAL          PIC S9(15) COMP-3.
           05  FILLER                  PIC X(98).
