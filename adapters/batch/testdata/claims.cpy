      * CLAIMS OF THE TESTS: 60 BYTES, CP037
       01  CLAIM-HEADER.
           05  REC-TYPE            PIC X.
           05  RUN-DATE            PIC 9(8).
           05  FILLER              PIC X(51).
       01  CLAIM-RECORD.
           05  REC-TYPE            PIC X.
           05  CLAIM-REF           PIC X(8).
           05  CITIZEN-ID          PIC X(7).
           05  CLAIMANT.
               10  SURNAME         PIC X(12).
               10  BORN            PIC 9(8).
           05  CLAIM-STATUS        PIC X.
               88  ACTIVE          VALUE 'A'.
               88  CLOSED          VALUE 'C'.
           05  AMOUNT              PIC S9(5)V99 COMP-3.
           05  PAYMENTS            PIC S9(4) COMP.
           05  LAST-PAID           PIC 9(3) OCCURS 3 TIMES.
           05  FILLER              PIC X(8).
       01  CLAIM-TRAILER.
           05  REC-TYPE            PIC X.
           05  CLAIM-COUNT         PIC 9(7).
           05  TOTAL-AMOUNT        PIC S9(11)V99 COMP-3.
           05  FILLER              PIC X(45).
