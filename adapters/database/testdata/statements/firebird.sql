-- GetTenancy {"id": "7"}
SELECT "id", "code", "name", CAST("notes" AS BLOB SUB_TYPE TEXT CHARACTER SET UTF8), "amount", "due", "changed", "entered", "active", "photo" FROM "tenancies" WHERE "id" = ?;
--   kind 4: int64 7

-- GetTenancy {"id": "7", "fields": "id,due"}
SELECT "id", "due" FROM "tenancies" WHERE "id" = ?;
--   kind 4: int64 7

-- GetTenancy {"id": "7", "expand": "repairs"}
-- begin, mode 0, isolation 2
SELECT "id", "code", "name", CAST("notes" AS BLOB SUB_TYPE TEXT CHARACTER SET UTF8), "amount", "due", "changed", "entered", "active", "photo" FROM "tenancies" WHERE "id" = ?;
--   kind 4: int64 7
SELECT "tenancy_id", "place", "summary" FROM (SELECT "tenancy_id", "place", "summary", ROW_NUMBER() OVER (PARTITION BY "tenancy_id" ORDER BY "tenancy_id", "place") AS "postern_place" FROM "repairs" WHERE "tenancy_id" IN (?, ?, ?, ?)) "related" WHERE "postern_place" <= ? ORDER BY "postern_place";
--   kind 4: int64 1
--   kind 4: int64 2
--   kind 4: int64 3
--   kind 4: int64 3
--   kind 4: int64 101
-- end

-- ListTenancies {"pageSize": 2}
SELECT "id", "code", "name", CAST("notes" AS BLOB SUB_TYPE TEXT CHARACTER SET UTF8), "amount", "due", "changed", "entered", "active", "photo", "id" AS "ORDERED BY" FROM "tenancies" ORDER BY "id" FETCH FIRST 3 ROWS ONLY;
-- the page behind it
SELECT "id", "code", "name", CAST("notes" AS BLOB SUB_TYPE TEXT CHARACTER SET UTF8), "amount", "due", "changed", "entered", "active", "photo", "id" AS "ORDERED BY" FROM "tenancies" WHERE (("id" > ?)) ORDER BY "id" FETCH FIRST 3 ROWS ONLY;
--   kind 21: string 2

-- ListTenancies {"pageSize": 2, "orderBy": "name desc, notes"}
SELECT "id", "code", "name", CAST("notes" AS BLOB SUB_TYPE TEXT CHARACTER SET UTF8), "amount", "due", "changed", "entered", "active", "photo", "name" AS "ORDERED BY", CAST(SUBSTRING("notes" FROM 1 FOR 4000) AS VARCHAR(4000) CHARACTER SET UTF8) AS "ORDERED BY", "id" AS "ORDERED BY" FROM "tenancies" ORDER BY "name" DESC, CAST(SUBSTRING("notes" FROM 1 FOR 4000) AS VARCHAR(4000) CHARACTER SET UTF8), "id" FETCH FIRST 3 ROWS ONLY;
-- the page behind it
SELECT "id", "code", "name", CAST("notes" AS BLOB SUB_TYPE TEXT CHARACTER SET UTF8), "amount", "due", "changed", "entered", "active", "photo", "name" AS "ORDERED BY", CAST(SUBSTRING("notes" FROM 1 FOR 4000) AS VARCHAR(4000) CHARACTER SET UTF8) AS "ORDERED BY", "id" AS "ORDERED BY" FROM "tenancies" WHERE ((("name" < ? OR "name" IS NULL)) OR ("name" = ? AND CAST(SUBSTRING("notes" FROM 1 FOR 4000) AS VARCHAR(4000) CHARACTER SET UTF8) > ?) OR ("name" = ? AND CAST(SUBSTRING("notes" FROM 1 FOR 4000) AS VARCHAR(4000) CHARACTER SET UTF8) = ? AND "id" > ?)) ORDER BY "name" DESC, CAST(SUBSTRING("notes" FROM 1 FOR 4000) AS VARCHAR(4000) CHARACTER SET UTF8), "id" FETCH FIRST 3 ROWS ONLY;
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2

-- ListTenancies {"pageSize": 2, "orderBy": "amount, due desc", "includeTotalSize": true}
-- begin, mode 0, isolation 2
SELECT "id", "code", "name", CAST("notes" AS BLOB SUB_TYPE TEXT CHARACTER SET UTF8), "amount", "due", "changed", "entered", "active", "photo", "amount" AS "ORDERED BY", "due" AS "ORDERED BY", "id" AS "ORDERED BY" FROM "tenancies" ORDER BY "amount", "due" DESC, "id" FETCH FIRST 3 ROWS ONLY;
SELECT COUNT(*) FROM "tenancies";
-- end
-- the page behind it
-- begin, mode 0, isolation 2
SELECT "id", "code", "name", CAST("notes" AS BLOB SUB_TYPE TEXT CHARACTER SET UTF8), "amount", "due", "changed", "entered", "active", "photo", "amount" AS "ORDERED BY", "due" AS "ORDERED BY", "id" AS "ORDERED BY" FROM "tenancies" WHERE (("amount" > ?) OR ("amount" = ? AND ("due" < ? OR "due" IS NULL)) OR ("amount" = ? AND "due" = ? AND "id" > ?)) ORDER BY "amount", "due" DESC, "id" FETCH FIRST 3 ROWS ONLY;
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
SELECT COUNT(*) FROM "tenancies";
-- end

-- ListTenancies {"filter": "name = \"O'Hara\" AND amount > 12.50 AND (due >= \"2026-01-31\" OR NOT active = true)"}
SELECT "id", "code", "name", CAST("notes" AS BLOB SUB_TYPE TEXT CHARACTER SET UTF8), "amount", "due", "changed", "entered", "active", "photo", "id" AS "ORDERED BY" FROM "tenancies" WHERE ((("name" = CAST(? AS VARCHAR(8191) CHARACTER SET UTF8)) AND ("amount" > ?)) AND (("due" >= ?) OR (NOT ("active" = ?)))) ORDER BY "id" FETCH FIRST 51 ROWS ONLY;
--   kind 10: string O'Hara
--   kind 9: string 12.50
--   kind 12: string 2026-01-31
--   kind 1: bool true

-- ListTenancies {"filter": "notes:\"leak\" AND changed < \"2026-01-31T10:00:00Z\" AND entered >= \"2026-01-31T10:00:00Z\" AND code != \"A\" AND name:*"}
SELECT "id", "code", "name", CAST("notes" AS BLOB SUB_TYPE TEXT CHARACTER SET UTF8), "amount", "due", "changed", "entered", "active", "photo", "id" AS "ORDERED BY" FROM "tenancies" WHERE (((((POSITION(CAST(? AS VARCHAR(8191) CHARACTER SET UTF8) IN "notes") > 0) AND ("changed" < ?)) AND ("entered" >= ?)) AND ("code" <> CAST(? AS VARCHAR(8191) CHARACTER SET UTF8))) AND ("name" IS NOT NULL)) ORDER BY "id" FETCH FIRST 51 ROWS ONLY;
--   kind 10: string leak
--   kind 14: string 2026-01-31T10:00:00Z
--   kind 15: string 2026-01-31T10:00:00Z
--   kind 10: string A

-- ListTenancies {"filter": "name = \"O'*_[!]\" AND notes != \"*%\" AND code = \"A*\""}
SELECT "id", "code", "name", CAST("notes" AS BLOB SUB_TYPE TEXT CHARACTER SET UTF8), "amount", "due", "changed", "entered", "active", "photo", "id" AS "ORDERED BY" FROM "tenancies" WHERE ((("name" LIKE CAST(? AS VARCHAR(8191) CHARACTER SET UTF8) ESCAPE '!') AND (NOT (CAST(SUBSTRING("notes" FROM 1 FOR 4000) AS VARCHAR(4000) CHARACTER SET UTF8) LIKE CAST(? AS VARCHAR(8191) CHARACTER SET UTF8) ESCAPE '!'))) AND (TRIM(TRAILING FROM "code") LIKE CAST(? AS VARCHAR(8191) CHARACTER SET UTF8) ESCAPE '!')) ORDER BY "id" FETCH FIRST 51 ROWS ONLY;
--   kind 10: string O'%!_[!!]
--   kind 10: string %!%
--   kind 10: string A%

-- ListTenancies {"pageSize": 2, "expand": "repairs"}
-- begin, mode 0, isolation 2
SELECT "id", "code", "name", CAST("notes" AS BLOB SUB_TYPE TEXT CHARACTER SET UTF8), "amount", "due", "changed", "entered", "active", "photo", "id" AS "ORDERED BY" FROM "tenancies" ORDER BY "id" FETCH FIRST 3 ROWS ONLY;
SELECT "tenancy_id", "place", "summary" FROM (SELECT "tenancy_id", "place", "summary", ROW_NUMBER() OVER (PARTITION BY "tenancy_id" ORDER BY "tenancy_id", "place") AS "postern_place" FROM "repairs" WHERE "tenancy_id" IN (?, ?)) "related" WHERE "postern_place" <= ? ORDER BY "postern_place";
--   kind 4: int64 1
--   kind 4: int64 2
--   kind 4: int64 101
-- end

-- ListRepairs {"pageSize": 2, "expand": "tenancy"}
-- begin, mode 0, isolation 2
SELECT "tenancy_id", "place", "summary", "tenancy_id" AS "ORDERED BY", "place" AS "ORDERED BY" FROM "repairs" ORDER BY "tenancy_id", "place" FETCH FIRST 3 ROWS ONLY;
SELECT "id", "code", "name", CAST("notes" AS BLOB SUB_TYPE TEXT CHARACTER SET UTF8), "amount", "due", "changed", "entered", "active", "photo" FROM "tenancies" WHERE "id" IN (?, ?);
--   kind 4: int64 1
--   kind 4: int64 2
-- end

-- ListTenancyRepairs {"id": "7", "pageSize": 2}
SELECT "tenancy_id", "place", "summary", "tenancy_id" AS "ORDERED BY", "place" AS "ORDERED BY" FROM "repairs" WHERE "tenancy_id" = ? ORDER BY "tenancy_id", "place" FETCH FIRST 3 ROWS ONLY;
--   kind 4: int64 7

-- ListVisits {"pageSize": 2}
SELECT "said", RDB$DB_KEY AS "ORDERED BY" FROM "visits" ORDER BY RDB$DB_KEY FETCH FIRST 3 ROWS ONLY;
-- the page behind it
SELECT "said", RDB$DB_KEY AS "ORDERED BY" FROM "visits" WHERE ((RDB$DB_KEY > ?)) ORDER BY RDB$DB_KEY FETCH FIRST 3 ROWS ONLY;
--   kind 21: string 2

-- StreamTenancies {"filter": "active = true", "orderBy": "name", "fields": "id,name"}
SELECT "id", "name" FROM "tenancies" WHERE "active" = ? ORDER BY "name", "id";
--   kind 1: bool true

-- CreateTenancy {"code": "A", "amount": "12.50", "due": "2026-01-31", "active": true, "photo": "AA=="}
INSERT INTO "tenancies" ("code", "amount", "due", "active", "photo") VALUES (?, ?, ?, ?, ?) RETURNING "id", "code", "name", CAST("notes" AS BLOB SUB_TYPE TEXT CHARACTER SET UTF8), "amount", "due", "changed", "entered", "active", "photo";
--   kind 10: string A
--   kind 9: string 12.50
--   kind 12: string 2026-01-31
--   kind 1: bool true
--   kind 11: []uint8 [0]

-- CreateTenancy {}
INSERT INTO "tenancies" DEFAULT VALUES RETURNING "id", "code", "name", CAST("notes" AS BLOB SUB_TYPE TEXT CHARACTER SET UTF8), "amount", "due", "changed", "entered", "active", "photo";

-- CreateRepair {"tenancyId": "7", "place": 1, "summary": ""}
INSERT INTO "repairs" ("tenancy_id", "place", "summary") VALUES (?, ?, ?) RETURNING "tenancy_id", "place", "summary";
--   kind 4: int64 7
--   kind 3: int64 1
--   kind 10: string 

-- CreateVisit {"said": "nobody in"}
INSERT INTO "visits" ("said") VALUES (?) RETURNING "said";
--   kind 10: string nobody in

-- UpdateTenancy {"id": "7", "tenancy": {"name": "Ann", "entered": "2026-01-31T10:00:00Z"}}
UPDATE "tenancies" SET "name" = ?, "entered" = ? WHERE "id" = ? RETURNING "id", "code", "name", CAST("notes" AS BLOB SUB_TYPE TEXT CHARACTER SET UTF8), "amount", "due", "changed", "entered", "active", "photo";
--   kind 10: string Ann
--   kind 15: string 2026-01-31T10:00:00Z
--   kind 4: int64 7

-- DeleteRepair {"tenancyId": "7", "place": 1}
DELETE FROM "repairs" WHERE "tenancy_id" = ? AND "place" = ?;
--   kind 4: int64 7
--   kind 3: int64 1

