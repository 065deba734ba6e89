-- The table of BenchmarkDatabase: what a row holds, and which values are NULL, follows from its key.
CREATE TABLE tenancies (
	tenancy_id integer PRIMARY KEY,
	citizen_id char(7) NOT NULL,
	address varchar(100) NOT NULL,
	post_code varchar(8),
	bedrooms smallint NOT NULL,
	tenure text NOT NULL,
	weekly_rent numeric(8,2) NOT NULL,
	started date NOT NULL,
	furnished boolean,
	signed timestamptz,
	views bigint NOT NULL,
	note text
);
INSERT INTO tenancies
SELECT i, 'C' || lpad((i % 1000000)::text, 6, '0'), (i % 97) || ' Wharf Lane, Riverside', CASE WHEN i % 5 > 0 THEN 'RV1 ' || i % 10 || 'AA' END, i % 6, CASE i % 3 WHEN 0 THEN 'secure' ELSE 'introductory' END,
	50 + (i % 20000) / 100.0, date '1990-01-01' + i % 12000, CASE WHEN i % 4 > 0 THEN i % 2 = 0 END, CASE WHEN i % 7 > 0 THEN timestamptz '2001-02-03 04:05:06Z' + i * interval '61 s' END,
	i * 1000003::bigint, CASE WHEN i % 3 > 0 THEN 'Key no. ' || i || ' is at the "front" office' END
FROM generate_series(1, 1000000) AS i;
ANALYZE tenancies;
