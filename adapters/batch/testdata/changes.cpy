      * CHANGES OF THE TESTS: 40 BYTES, AND THEIR ACKNOWLEDGEMENT
       01  CHANGE-HEADER.
           05  REC-TYPE            PIC X.
           05  FILE-SEQUENCE       PIC 9(6).
           05  FILE-DATE           PIC 9(8).
       01  CHANGE-RECORD.
           05  REC-TYPE            PIC X.
           05  CHANGE-REF          PIC 9(10).
           05  CITIZEN-ID          PIC X(7).
           05  NEW-TOWN            PIC X(10).
           05  MOVED-ON            PIC 9(8).
           05  CHANGE-KIND         PIC X.
               88  MOVE            VALUE 'M'.
               88  CORRECTION      VALUE 'C'.
           05  FILLER              PIC X(3).
       01  CHANGE-TRAILER.
           05  REC-TYPE            PIC X.
           05  CHANGE-COUNT        PIC 9(7).
           05  REF-TOTAL           PIC S9(15) COMP-3.
       01  CHANGE-ANSWER.
           05  REC-TYPE            PIC X.
           05  CHANGE-REF          PIC 9(10).
           05  RESULT              PIC XX.
