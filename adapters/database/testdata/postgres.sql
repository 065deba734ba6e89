CREATE TYPE repair_status AS ENUM ('reported', 'in progress', 'done');
CREATE DOMAIN postcode AS varchar(8);

CREATE TABLE tenancies (
	tenancy_id integer PRIMARY KEY,
	citizen_id char(7) NOT NULL,
	address varchar(100) NOT NULL,
	post_code postcode,
	bedrooms smallint NOT NULL CHECK (bedrooms BETWEEN 0 AND 20),
	tenure text NOT NULL DEFAULT 'secure' CHECK (tenure IN ('secure', 'introductory', 'licence')),
	weekly_rent numeric(8,2) NOT NULL,
	started date NOT NULL,
	furnished boolean,
	signed timestamptz,
	viewed timestamp,
	note text,
	CONSTRAINT one_tenancy_each UNIQUE (citizen_id)
);
COMMENT ON TABLE tenancies IS 'Who lives where.';
COMMENT ON COLUMN tenancies.weekly_rent IS 'In pounds.';

CREATE TABLE "Repair Orders" (
	"Order No" bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	tenancy_id integer NOT NULL CONSTRAINT repair_of_tenancy REFERENCES tenancies,
	"select" varchar(20),
	status repair_status NOT NULL DEFAULT 'reported',
	cost numeric,
	hours double precision,
	photo bytea,
	details jsonb,
	reference uuid,
	took interval,
	place point,
	label text GENERATED ALWAYS AS ('repair of ' || tenancy_id) STORED
);

CREATE TABLE rent_lines (
	tenancy_id integer NOT NULL REFERENCES tenancies ON DELETE CASCADE,
	line_no smallint NOT NULL,
	amount numeric(10,2) NOT NULL,
	PRIMARY KEY (tenancy_id, line_no)
);

CREATE TABLE log (entry text, at timestamptz);

CREATE VIEW dear AS SELECT tenancy_id, weekly_rent FROM tenancies WHERE weekly_rent > 100;
