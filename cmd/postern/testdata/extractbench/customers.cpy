       01  CUSTOMER.
           05  KIND                PIC X.
           05  CUSTOMER-ID         PIC 9(10).
           05  SURNAME             PIC X(30).
           05  GIVEN-NAME          PIC X(30).
           05  BORN                PIC 9(8).
           05  STREET              PIC X(40).
           05  TOWN                PIC X(30).
           05  POSTCODE            PIC X(8).
           05  BALANCE             PIC S9(9)V99 COMP-3.
           05  BRANCH              PIC S9(9) COMP.
           05  STATUS-CODE         PIC X(2).
           05  CREDIT-LIMIT        PIC S9(7)V99.
           05  FILLER              PIC X(22).
