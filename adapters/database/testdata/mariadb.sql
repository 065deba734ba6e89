CREATE TABLE tenancies (
	tenancy_id int PRIMARY KEY,
	citizen_id char(7) NOT NULL,
	address varchar(100) NOT NULL,
	post_code varchar(8),
	bedrooms smallint NOT NULL CHECK (bedrooms BETWEEN 0 AND 20),
	tenure varchar(20) NOT NULL DEFAULT 'secure' CHECK (tenure IN ('secure', 'introductory', 'licence')),
	weekly_rent decimal(8,2) NOT NULL COMMENT 'In pounds.',
	started date NOT NULL,
	furnished boolean,
	signed timestamp(6) NULL,
	viewed datetime(6),
	note text,
	CONSTRAINT one_tenancy_each UNIQUE (citizen_id)
) COMMENT 'Who lives where.';

CREATE TABLE "Repair Orders" (
	"Order No" bigint PRIMARY KEY AUTO_INCREMENT,
	tenancy_id int NOT NULL,
	"select" varchar(20),
	status enum('reported', 'in progress', 'done') NOT NULL DEFAULT 'reported',
	cost decimal(30,13),
	hours double,
	photo blob,
	details json,
	reference uuid,
	took varchar(20),
	place point,
	label varchar(40) GENERATED ALWAYS AS (CONCAT('repair of ', tenancy_id)) STORED,
	CONSTRAINT repair_of_tenancy FOREIGN KEY (tenancy_id) REFERENCES tenancies (tenancy_id)
);

CREATE TABLE rent_lines (
	tenancy_id int NOT NULL,
	line_no smallint NOT NULL,
	amount decimal(10,2) NOT NULL,
	PRIMARY KEY (tenancy_id, line_no),
	FOREIGN KEY (tenancy_id) REFERENCES tenancies (tenancy_id) ON DELETE CASCADE
);

CREATE TABLE log (entry text, at timestamp NULL);

CREATE VIEW dear AS SELECT tenancy_id, weekly_rent FROM tenancies WHERE weekly_rent > 100;
