      * ACCOUNTS OF THE TESTS: LINES OF ASCII
       01  LEDGER-HEAD.
           05  KIND                PIC X.
           05  RUN-DATE            PIC 9(8).
           05  FILE-NUMBER         PIC 9(4).
       01  ACCOUNT.
           05  KIND                PIC X.
           05  ACTION              PIC X.
           05  ACCOUNT-ID          PIC 9(6).
           05  OWNER               PIC X(8).
           05  BALANCE             PIC S9(7)V99 SIGN LEADING SEPARATE.
       01  LEDGER-TAIL.
           05  KIND                PIC X.
           05  ACCOUNTS            PIC 9(6).
           05  HASH-OF-IDS         PIC 9(4).
           05  CREDITS             PIC 9(9)V99.
