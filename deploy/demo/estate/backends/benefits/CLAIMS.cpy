      *================================================================
      * BENCLAIM - NIGHTLY EXTRACT OF BENEFIT CLAIMS. LRECL 240, CP037.
      * ONE HEADER, THE CLAIMS IN ORDER OF CLAIM-REF, ONE TRAILER.
      *================================================================
       01  CLAIMS-HEADER.
           05  REC-TYPE                PIC X(02).
               88  IS-HEADER               VALUE '00'.
           05  FILE-ID                 PIC X(08).
           05  RUN-TIMESTAMP           PIC 9(14).
           05  RUN-NUMBER              PIC 9(06).
           05  FILLER                  PIC X(210).

       01  CLAIM-RECORD.
           05  REC-TYPE                PIC X(02).
               88  IS-CLAIM                VALUE '10'.
           05  CLAIM-REF               PIC X(10).
           05  CITIZEN-ID              PIC X(07).
           05  CLAIMANT.
               10  TITLE               PIC X(04).
               10  FORENAME            PIC X(20).
               10  SURNAME             PIC X(24).
               10  DATE-OF-BIRTH       PIC 9(08).
           05  HOME-ADDRESS.
               10  ADDR-LINE-1         PIC X(30).
               10  ADDR-LINE-2         PIC X(20).
               10  TOWN                PIC X(16).
               10  POSTCODE            PIC X(08).
           05  BENEFIT-CODE            PIC X(02).
               88  HOUSING-BENEFIT         VALUE 'HB'.
               88  COUNCIL-TAX-REDUCTION   VALUE 'CR'.
               88  DISCRETIONARY-PAYMENT   VALUE 'DP'.
           05  CLAIM-STATUS            PIC X(01).
               88  ACTIVE                  VALUE 'A'.
               88  SUSPENDED               VALUE 'S'.
               88  CLOSED                  VALUE 'C'.
           05  WEEKLY-AMOUNT           PIC S9(05)V99 COMP-3.
           05  START-DATE              PIC 9(08).
      *    BLANK AND ZERO WHEN NO PAYMENT IS DUE
           05  NEXT-PAYMENT.
               10  NEXT-PAY-DATE       PIC 9(08).
               10  NEXT-PAY-AMOUNT     PIC S9(05)V99 COMP-3.
           05  PAYMENTS-MADE           PIC S9(04) COMP.
      *    THE LATEST FIRST, BLANK AND ZERO WHEN THERE WERE FEWER
           05  RECENT-PAYMENT          OCCURS 3 TIMES.
               10  PAID-ON             PIC 9(08).
               10  PAID-AMOUNT         PIC S9(05)V99 COMP-3.
           05  FILLER                  PIC X(26).

       01  CLAIMS-TRAILER.
           05  REC-TYPE                PIC X(02).
               88  IS-TRAILER              VALUE '99'.
           05  CLAIM-COUNT             PIC 9(07).
           05  TOTAL-WEEKLY            PIC S9(11)V99 COMP-3.
           05  TOTAL-NEXT-PAY          PIC S9(11)V99 COMP-3.
           05  FILLER                  PIC X(217).
