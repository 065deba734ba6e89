-- Housing Management 7, tables that the interface team may read.

CREATE TABLE tenants (
    citizen_id   CHAR(7)      NOT NULL PRIMARY KEY,
    title        VARCHAR(8),
    forename     VARCHAR(40)  NOT NULL,
    surname      VARCHAR(40)  NOT NULL COLLATE NOCASE,
    dob          DATE         NOT NULL,
    tel_no       VARCHAR(20),
    email_addr   VARCHAR(80)
);
CREATE INDEX tenants_by_surname ON tenants (surname, citizen_id);

CREATE TABLE properties (
    prop_ref     CHAR(8)      NOT NULL PRIMARY KEY,
    addr_1       VARCHAR(40)  NOT NULL,
    addr_2       VARCHAR(40),
    town         VARCHAR(40)  NOT NULL,
    postcode     VARCHAR(8)   NOT NULL,
    prop_type    VARCHAR(12)  NOT NULL CHECK (prop_type IN ('FLAT', 'HOUSE', 'BUNGALOW')),
    bedrooms     SMALLINT     NOT NULL,
    has_garden   BOOLEAN      NOT NULL
);

CREATE TABLE tenancies (
    tenancy_id   CHAR(8)      NOT NULL PRIMARY KEY,
    citizen_id   CHAR(7)      NOT NULL REFERENCES tenants (citizen_id),
    prop_ref     CHAR(8)      NOT NULL REFERENCES properties (prop_ref),
    ten_type     VARCHAR(12)  NOT NULL CHECK (ten_type IN ('SECURE', 'INTRODUCTORY', 'TEMPORARY')),
    start_dt     DATE         NOT NULL,
    end_dt       DATE
);
CREATE INDEX tenancies_by_citizen ON tenancies (citizen_id);

CREATE TABLE rent_accounts (
    rent_acc_no  CHAR(9)        NOT NULL PRIMARY KEY,
    tenancy_id   CHAR(8)        NOT NULL UNIQUE REFERENCES tenancies (tenancy_id),
    weekly_rent  NUMERIC(8, 2)  NOT NULL,
    -- positive: the tenant owes rent
    curr_bal     NUMERIC(10, 2) NOT NULL,
    bal_at       DATETIME       NOT NULL
);

CREATE TABLE repairs (
    job_no       INTEGER      NOT NULL PRIMARY KEY,
    tenancy_id   CHAR(8)      NOT NULL REFERENCES tenancies (tenancy_id),
    trade_cd     CHAR(3)      NOT NULL CHECK (trade_cd IN ('PLU', 'ELE', 'CAR', 'GAS', 'ROO')),
    descr        VARCHAR(200) NOT NULL,
    priority     CHAR(1)      NOT NULL CHECK (priority IN ('E', 'U', 'R')),
    status       VARCHAR(10)  NOT NULL CHECK (status IN ('OPEN', 'BOOKED', 'DONE', 'CANCELLED')),
    reported_at  DATETIME     NOT NULL,
    appt_dt      DATE,
    est_cost     NUMERIC(8, 2)
);
CREATE INDEX repairs_by_tenancy ON repairs (tenancy_id, status);
