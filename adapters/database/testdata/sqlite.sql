CREATE TABLE tenancies (
	tenancy_id INTEGER PRIMARY KEY NOT NULL,
	citizen_id CHAR(7) NOT NULL,
	address VARCHAR(100) NOT NULL,
	post_code VARCHAR(8),
	bedrooms SMALLINT NOT NULL CHECK (bedrooms BETWEEN 0 AND 20),
	tenure TEXT NOT NULL DEFAULT 'secure' CHECK (tenure IN ('secure', 'introductory', 'licence')),
	weekly_rent NUMERIC(8,2) NOT NULL,
	started DATE NOT NULL,
	furnished BOOLEAN,
	signed DATETIME,
	viewed TIMESTAMP,
	note TEXT,
	CONSTRAINT one_tenancy_each UNIQUE (citizen_id)
);

CREATE TABLE "Repair Orders" (
	"Order No" INTEGER PRIMARY KEY,
	tenancy_id INTEGER NOT NULL CONSTRAINT repair_of_tenancy REFERENCES tenancies,
	"select" VARCHAR(20),
	status TEXT NOT NULL DEFAULT 'reported' CHECK (status IN ('reported', 'in progress', 'done')),
	cost NUMERIC,
	hours DOUBLE PRECISION,
	photo BLOB,
	details JSON,
	reference UUID,
	took TEXT,
	place POINT,
	label TEXT GENERATED ALWAYS AS ('repair of ' || tenancy_id) STORED
);

CREATE TABLE rent_lines (
	tenancy_id INTEGER NOT NULL REFERENCES tenancies ON DELETE CASCADE,
	line_no SMALLINT NOT NULL,
	amount NUMERIC(10,2) NOT NULL,
	PRIMARY KEY (tenancy_id, line_no)
) WITHOUT ROWID;

CREATE TABLE log (entry TEXT, at DATETIME);

CREATE VIEW dear AS SELECT tenancy_id, weekly_rent FROM tenancies WHERE weekly_rent > 100;
