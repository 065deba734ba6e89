INSERT INTO tenancies (tenancy_id, citizen_id, address, post_code, bedrooms, tenure, weekly_rent, started, furnished, signed, viewed, note) VALUES
	(1, 'C000001', '1 Wharf Lane', 'RV1 1AA', 2, 'secure', 92.50, '2011-04-01', FALSE, '2011-03-28 09:15:00+00:00', '2011-03-20 14:00:00', NULL),
	(2, 'C000002', '2 Wharf Lane', NULL, 3, 'introductory', 110.00, '2025-06-01', TRUE, NULL, '2025-05-02 10:30:00.25', ''),
	(3, 'C000003', 'Flat 3, Łódź House', 'RV2 2BB', 1, 'licence', 75.05, '2020-02-29', NULL, '2020-02-20 00:00:00.123+00:00', NULL, 'quoted ''text'' and 100%'),
	(4, 'C000004', '4 Mill Street', 'RV2 2CC', 0, 'secure', 110.00, '1999-12-31', TRUE, NULL, NULL, 'a_b');
INSERT INTO rent_lines (tenancy_id, line_no, amount) VALUES (1, 1, 92.50), (1, 2, -0.05), (1, 3, 0), (2, 1, 110.00), (2, 2, 12345678.90);
INSERT INTO "Repair Orders" (tenancy_id, "select", status, cost, hours, photo, details, reference, took, place) VALUES
	(1, 'tap', 'done', 12.345, 1.5, NULL, '{"a": [1, 2]}', '123e4567-e89b-12d3-a456-426614174000', 'PT1H30M', '(1,2)'),
	(1, NULL, 'reported', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO log (entry, at) VALUES ('first', '2026-01-01 00:00:00+00:00'), ('second', NULL), ('second', NULL), (NULL, NULL);
