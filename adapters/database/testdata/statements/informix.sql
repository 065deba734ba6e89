-- GetTenancy {"id": "7"}
SELECT "id", "code", "name", "notes", CAST("amount" AS VARCHAR(60)), TO_CHAR("due", '%Y-%m-%d'), CAST(CAST("changed" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), CAST(CAST("entered" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), "active", "photo" FROM "tenancies" WHERE "id" = ?;
--   kind 4: int64 7

-- GetTenancy {"id": "7", "fields": "id,due"}
SELECT "id", TO_CHAR("due", '%Y-%m-%d') FROM "tenancies" WHERE "id" = ?;
--   kind 4: int64 7

-- GetTenancy {"id": "7", "expand": "repairs"}
-- begin, mode 0, isolation 2
SELECT "id", "code", "name", "notes", CAST("amount" AS VARCHAR(60)), TO_CHAR("due", '%Y-%m-%d'), CAST(CAST("changed" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), CAST(CAST("entered" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), "active", "photo" FROM "tenancies" WHERE "id" = ?;
--   kind 4: int64 7
SELECT "tenancy_id", "place", "summary" FROM (SELECT "tenancy_id", "place", "summary", ROW_NUMBER() OVER (PARTITION BY "tenancy_id" ORDER BY "tenancy_id", "place") AS "postern_place" FROM "repairs" WHERE "tenancy_id" IN (?, ?, ?, ?)) "related" WHERE "postern_place" <= ? ORDER BY "postern_place";
--   kind 4: int64 1
--   kind 4: int64 2
--   kind 4: int64 3
--   kind 4: int64 3
--   kind 4: int64 101
-- end

-- ListTenancies {"pageSize": 2}
SELECT "id", "code", "name", "notes", CAST("amount" AS VARCHAR(60)), TO_CHAR("due", '%Y-%m-%d'), CAST(CAST("changed" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), CAST(CAST("entered" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), "active", "photo", CAST("id" AS LVARCHAR(4000)) FROM "tenancies" ORDER BY "id" LIMIT 3;
-- the page behind it
SELECT "id", "code", "name", "notes", CAST("amount" AS VARCHAR(60)), TO_CHAR("due", '%Y-%m-%d'), CAST(CAST("changed" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), CAST(CAST("entered" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), "active", "photo", CAST("id" AS LVARCHAR(4000)) FROM "tenancies" WHERE (("id" > ?)) ORDER BY "id" LIMIT 3;
--   kind 21: string 2

-- ListTenancies {"pageSize": 2, "orderBy": "name desc, notes"}
SELECT "id", "code", "name", "notes", CAST("amount" AS VARCHAR(60)), TO_CHAR("due", '%Y-%m-%d'), CAST(CAST("changed" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), CAST(CAST("entered" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), "active", "photo", CAST("name" AS LVARCHAR(4000)), CAST("notes" AS LVARCHAR(4000)), CAST("id" AS LVARCHAR(4000)) FROM "tenancies" ORDER BY "name" DESC, "notes", "id" LIMIT 3;
-- the page behind it
SELECT "id", "code", "name", "notes", CAST("amount" AS VARCHAR(60)), TO_CHAR("due", '%Y-%m-%d'), CAST(CAST("changed" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), CAST(CAST("entered" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), "active", "photo", CAST("name" AS LVARCHAR(4000)), CAST("notes" AS LVARCHAR(4000)), CAST("id" AS LVARCHAR(4000)) FROM "tenancies" WHERE ((("name" < ? OR "name" IS NULL)) OR ("name" = ? AND "notes" > ?) OR ("name" = ? AND "notes" = ? AND "id" > ?)) ORDER BY "name" DESC, "notes", "id" LIMIT 3;
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2

-- ListTenancies {"pageSize": 2, "orderBy": "amount, due desc", "includeTotalSize": true}
-- begin, mode 0, isolation 2
SELECT "id", "code", "name", "notes", CAST("amount" AS VARCHAR(60)), TO_CHAR("due", '%Y-%m-%d'), CAST(CAST("changed" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), CAST(CAST("entered" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), "active", "photo", CAST("amount" AS LVARCHAR(4000)), CAST("due" AS LVARCHAR(4000)), CAST("id" AS LVARCHAR(4000)) FROM "tenancies" ORDER BY "amount", "due" DESC, "id" LIMIT 3;
SELECT COUNT(*) FROM "tenancies";
-- end
-- the page behind it
-- begin, mode 0, isolation 2
SELECT "id", "code", "name", "notes", CAST("amount" AS VARCHAR(60)), TO_CHAR("due", '%Y-%m-%d'), CAST(CAST("changed" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), CAST(CAST("entered" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), "active", "photo", CAST("amount" AS LVARCHAR(4000)), CAST("due" AS LVARCHAR(4000)), CAST("id" AS LVARCHAR(4000)) FROM "tenancies" WHERE (("amount" > ?) OR ("amount" = ? AND ("due" < ? OR "due" IS NULL)) OR ("amount" = ? AND "due" = ? AND "id" > ?)) ORDER BY "amount", "due" DESC, "id" LIMIT 3;
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
SELECT COUNT(*) FROM "tenancies";
-- end

-- ListTenancies {"filter": "name = \"O'Hara\" AND amount > 12.50 AND (due >= \"2026-01-31\" OR NOT active = true)"}
SELECT "id", "code", "name", "notes", CAST("amount" AS VARCHAR(60)), TO_CHAR("due", '%Y-%m-%d'), CAST(CAST("changed" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), CAST(CAST("entered" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), "active", "photo", CAST("id" AS LVARCHAR(4000)) FROM "tenancies" WHERE ((("name" = ?) AND ("amount" > ?)) AND (("due" >= ?) OR (NOT ("active" = ?)))) ORDER BY "id" LIMIT 51;
--   kind 10: string O'Hara
--   kind 9: string 12.50
--   kind 12: string 2026-01-31
--   kind 1: bool true

-- ListTenancies {"filter": "notes:\"leak\" AND changed < \"2026-01-31T10:00:00Z\" AND entered >= \"2026-01-31T10:00:00Z\" AND code != \"A\" AND name:*"}
SELECT "id", "code", "name", "notes", CAST("amount" AS VARCHAR(60)), TO_CHAR("due", '%Y-%m-%d'), CAST(CAST("changed" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), CAST(CAST("entered" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), "active", "photo", CAST("id" AS LVARCHAR(4000)) FROM "tenancies" WHERE (((((INSTR("notes", ?) > 0) AND ("changed" < ?)) AND ("entered" >= ?)) AND ("code" <> ?)) AND ("name" IS NOT NULL)) ORDER BY "id" LIMIT 51;
--   kind 10: string leak
--   kind 14: string 2026-01-31T10:00:00Z
--   kind 15: string 2026-01-31T10:00:00Z
--   kind 10: string A

-- ListTenancies {"filter": "name = \"O'*_[!]\" AND notes != \"*%\" AND code = \"A*\""}
SELECT "id", "code", "name", "notes", CAST("amount" AS VARCHAR(60)), TO_CHAR("due", '%Y-%m-%d'), CAST(CAST("changed" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), CAST(CAST("entered" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), "active", "photo", CAST("id" AS LVARCHAR(4000)) FROM "tenancies" WHERE ((("name" LIKE ? ESCAPE '!') AND (NOT ("notes" LIKE ? ESCAPE '!'))) AND (TRIM(TRAILING FROM "code") LIKE ? ESCAPE '!')) ORDER BY "id" LIMIT 51;
--   kind 10: string O'%!_[!!]
--   kind 10: string %!%
--   kind 10: string A%

-- ListTenancies {"pageSize": 2, "expand": "repairs"}
-- begin, mode 0, isolation 2
SELECT "id", "code", "name", "notes", CAST("amount" AS VARCHAR(60)), TO_CHAR("due", '%Y-%m-%d'), CAST(CAST("changed" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), CAST(CAST("entered" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), "active", "photo", CAST("id" AS LVARCHAR(4000)) FROM "tenancies" ORDER BY "id" LIMIT 3;
SELECT "tenancy_id", "place", "summary" FROM (SELECT "tenancy_id", "place", "summary", ROW_NUMBER() OVER (PARTITION BY "tenancy_id" ORDER BY "tenancy_id", "place") AS "postern_place" FROM "repairs" WHERE "tenancy_id" IN (?, ?)) "related" WHERE "postern_place" <= ? ORDER BY "postern_place";
--   kind 4: int64 1
--   kind 4: int64 2
--   kind 4: int64 101
-- end

-- ListRepairs {"pageSize": 2, "expand": "tenancy"}
-- begin, mode 0, isolation 2
SELECT "tenancy_id", "place", "summary", CAST("tenancy_id" AS LVARCHAR(4000)), CAST("place" AS LVARCHAR(4000)) FROM "repairs" ORDER BY "tenancy_id", "place" LIMIT 3;
SELECT "id", "code", "name", "notes", CAST("amount" AS VARCHAR(60)), TO_CHAR("due", '%Y-%m-%d'), CAST(CAST("changed" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), CAST(CAST("entered" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), "active", "photo" FROM "tenancies" WHERE "id" IN (?, ?);
--   kind 4: int64 1
--   kind 4: int64 2
-- end

-- ListTenancyRepairs {"id": "7", "pageSize": 2}
SELECT "tenancy_id", "place", "summary", CAST("tenancy_id" AS LVARCHAR(4000)), CAST("place" AS LVARCHAR(4000)) FROM "repairs" WHERE "tenancy_id" = ? ORDER BY "tenancy_id", "place" LIMIT 3;
--   kind 4: int64 7

-- ListVisits {"pageSize": 2}
SELECT "said" FROM "visits" ORDER BY "said" LIMIT 3;
-- the page behind it
SELECT SKIP 2 "said" FROM "visits" ORDER BY "said" LIMIT 3;

-- StreamTenancies {"filter": "active = true", "orderBy": "name", "fields": "id,name"}
SELECT "id", "name" FROM "tenancies" WHERE "active" = ? ORDER BY "name", "id";
--   kind 1: bool true

-- CreateTenancy {"code": "A", "amount": "12.50", "due": "2026-01-31", "active": true, "photo": "AA=="}
-- begin, mode 2, isolation 0
INSERT INTO "tenancies" ("code", "amount", "due", "active", "photo") VALUES (?, ?, ?, ?, ?);
--   kind 10: string A
--   kind 9: string 12.50
--   kind 12: string 2026-01-31
--   kind 1: bool true
--   kind 11: []uint8 [0]
SELECT "id", "code", "name", "notes", CAST("amount" AS VARCHAR(60)), TO_CHAR("due", '%Y-%m-%d'), CAST(CAST("changed" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), CAST(CAST("entered" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), "active", "photo" FROM "tenancies" WHERE "id" = DBINFO('sqlca.sqlerrd1');
-- end

-- CreateTenancy {}
-- begin, mode 2, isolation 0
INSERT INTO "tenancies" ("id") VALUES (DEFAULT);
SELECT "id", "code", "name", "notes", CAST("amount" AS VARCHAR(60)), TO_CHAR("due", '%Y-%m-%d'), CAST(CAST("changed" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), CAST(CAST("entered" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), "active", "photo" FROM "tenancies" WHERE "id" = DBINFO('sqlca.sqlerrd1');
-- end

-- CreateRepair {"tenancyId": "7", "place": 1, "summary": ""}
-- begin, mode 2, isolation 0
INSERT INTO "repairs" ("tenancy_id", "place", "summary") VALUES (?, ?, ?);
--   kind 4: int64 7
--   kind 3: int64 1
--   kind 10: string 
SELECT "tenancy_id", "place", "summary" FROM "repairs" WHERE "tenancy_id" = ? AND "place" = ?;
--   kind 4: int64 7
--   kind 3: int64 1
-- end

-- CreateVisit {"said": "nobody in"}
INSERT INTO "visits" ("said") VALUES (?);
--   kind 10: string nobody in

-- UpdateTenancy {"id": "7", "tenancy": {"name": "Ann", "entered": "2026-01-31T10:00:00Z"}}
-- begin, mode 2, isolation 0
UPDATE "tenancies" SET "name" = ?, "entered" = ? WHERE "id" = ?;
--   kind 10: string Ann
--   kind 15: string 2026-01-31T10:00:00Z
--   kind 4: int64 7
SELECT "id", "code", "name", "notes", CAST("amount" AS VARCHAR(60)), TO_CHAR("due", '%Y-%m-%d'), CAST(CAST("changed" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), CAST(CAST("entered" AS DATETIME YEAR TO FRACTION(5)) AS VARCHAR(30)), "active", "photo" FROM "tenancies" WHERE "id" = ?;
--   kind 4: int64 7
-- end

-- DeleteRepair {"tenancyId": "7", "place": 1}
DELETE FROM "repairs" WHERE "tenancy_id" = ? AND "place" = ?;
--   kind 4: int64 7
--   kind 3: int64 1

