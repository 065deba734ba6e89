      *================================================================
      * CHGACK - WHAT BECAME OF CHANGES OF ADDRESS. LRECL 40, CP037.
      *================================================================
       01  CHGACK-HEADER.
           05  REC-TYPE                PIC X(01).
           05  FILE-ID                 PIC X(08).
      *    OF THE CHGADDR FILE THAT IS ANSWERED
           05  FILE-SEQUENCE           PIC 9(06).
           05  CREATED-AT              PIC 9(14).
           05  FILLER                  PIC X(11).

       01  CHGACK-RECORD.
           05  REC-TYPE                PIC X(01).
           05  SUBMISSION-REF          PIC 9(10).
           05  RESULT-CODE             PIC X(02).
               88  ACCEPTED                VALUE '00'.
               88  CITIZEN-UNKNOWN         VALUE '10'.
               88  POSTCODE-UNREADABLE     VALUE '20'.
               88  ADDRESS-INCOMPLETE      VALUE '30'.
           05  FILLER                  PIC X(27).

       01  CHGACK-TRAILER.
           05  REC-TYPE                PIC X(01).
           05  RECORD-COUNT            PIC 9(07).
           05  FILLER                  PIC X(32).
