-- name: OpenRepairsOfCitizen :many
-- Repairs of a citizen's home that are reported and not done, the oldest first.
-- param: citizen_id text
SELECT j.job_no, j.descr, j.priority, j.status, j.reported_at, j.appt_dt
FROM repairs AS j
JOIN tenancies AS n ON n.tenancy_id = j.tenancy_id
WHERE n.citizen_id = :citizen_id
  AND n.end_dt IS NULL
  AND j.status IN ('OPEN', 'BOOKED')
ORDER BY j.reported_at;
