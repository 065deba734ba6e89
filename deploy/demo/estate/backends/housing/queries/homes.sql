-- name: HomeOfCitizen :one
-- A tenant with the latest tenancy, its home and its rent account.
-- param: citizen_id text
SELECT t.citizen_id, t.title, t.forename, t.surname, t.dob,
       n.tenancy_id, n.ten_type, n.start_dt, n.end_dt,
       p.addr_1, p.addr_2, p.town, p.postcode,
       r.weekly_rent, r.curr_bal
FROM tenants AS t
JOIN tenancies AS n ON n.citizen_id = t.citizen_id
JOIN properties AS p ON p.prop_ref = n.prop_ref
JOIN rent_accounts AS r ON r.tenancy_id = n.tenancy_id
WHERE t.citizen_id = :citizen_id
ORDER BY n.start_dt DESC
LIMIT 1;
