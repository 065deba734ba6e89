-- GetTenancy {"id": "7"}
SELECT "id", "code", "name", "notes", VARCHAR("amount"), CHAR("due", ISO), VARCHAR("changed"), VARCHAR("entered"), "active", "photo" FROM "tenancies" WHERE "id" = ?;
--   kind 4: int64 7

-- GetTenancy {"id": "7", "fields": "id,due"}
SELECT "id", CHAR("due", ISO) FROM "tenancies" WHERE "id" = ?;
--   kind 4: int64 7

-- GetTenancy {"id": "7", "expand": "repairs"}
-- begin, mode 0, isolation 2
SELECT "id", "code", "name", "notes", VARCHAR("amount"), CHAR("due", ISO), VARCHAR("changed"), VARCHAR("entered"), "active", "photo" FROM "tenancies" WHERE "id" = ?;
--   kind 4: int64 7
SELECT "tenancy_id", "place", "summary" FROM (SELECT "tenancy_id", "place", "summary", ROW_NUMBER() OVER (PARTITION BY "tenancy_id" ORDER BY "tenancy_id", "place") AS "postern_place" FROM "repairs" WHERE "tenancy_id" IN (?, ?, ?, ?)) "related" WHERE "postern_place" <= ? ORDER BY "postern_place";
--   kind 4: int64 1
--   kind 4: int64 2
--   kind 4: int64 3
--   kind 4: int64 3
--   kind 4: int64 101
-- end

-- ListTenancies {"pageSize": 2}
SELECT "id", "code", "name", "notes", VARCHAR("amount"), CHAR("due", ISO), VARCHAR("changed"), VARCHAR("entered"), "active", "photo", VARCHAR("id") FROM "tenancies" ORDER BY "id" FETCH FIRST 3 ROWS ONLY;
-- the page behind it
SELECT "id", "code", "name", "notes", VARCHAR("amount"), CHAR("due", ISO), VARCHAR("changed"), VARCHAR("entered"), "active", "photo", VARCHAR("id") FROM "tenancies" WHERE (("id" > ?)) ORDER BY "id" FETCH FIRST 3 ROWS ONLY;
--   kind 21: string 2

-- ListTenancies {"pageSize": 2, "orderBy": "name desc, notes"}
SELECT "id", "code", "name", "notes", VARCHAR("amount"), CHAR("due", ISO), VARCHAR("changed"), VARCHAR("entered"), "active", "photo", VARCHAR("name"), VARCHAR("notes"), VARCHAR("id") FROM "tenancies" ORDER BY "name" DESC, "notes", "id" FETCH FIRST 3 ROWS ONLY;
-- the page behind it
SELECT "id", "code", "name", "notes", VARCHAR("amount"), CHAR("due", ISO), VARCHAR("changed"), VARCHAR("entered"), "active", "photo", VARCHAR("name"), VARCHAR("notes"), VARCHAR("id") FROM "tenancies" WHERE (("name" < ?) OR ("name" = ? AND ("notes" > ? OR "notes" IS NULL)) OR ("name" = ? AND "notes" = ? AND "id" > ?)) ORDER BY "name" DESC, "notes", "id" FETCH FIRST 3 ROWS ONLY;
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2

-- ListTenancies {"pageSize": 2, "orderBy": "amount, due desc", "includeTotalSize": true}
-- begin, mode 0, isolation 2
SELECT "id", "code", "name", "notes", VARCHAR("amount"), CHAR("due", ISO), VARCHAR("changed"), VARCHAR("entered"), "active", "photo", VARCHAR("amount"), VARCHAR("due"), VARCHAR("id") FROM "tenancies" ORDER BY "amount", "due" DESC, "id" FETCH FIRST 3 ROWS ONLY;
SELECT COUNT(*) FROM "tenancies";
-- end
-- the page behind it
-- begin, mode 0, isolation 2
SELECT "id", "code", "name", "notes", VARCHAR("amount"), CHAR("due", ISO), VARCHAR("changed"), VARCHAR("entered"), "active", "photo", VARCHAR("amount"), VARCHAR("due"), VARCHAR("id") FROM "tenancies" WHERE ((("amount" > ? OR "amount" IS NULL)) OR ("amount" = ? AND "due" < ?) OR ("amount" = ? AND "due" = ? AND "id" > ?)) ORDER BY "amount", "due" DESC, "id" FETCH FIRST 3 ROWS ONLY;
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
SELECT COUNT(*) FROM "tenancies";
-- end

-- ListTenancies {"filter": "name = \"O'Hara\" AND amount > 12.50 AND (due >= \"2026-01-31\" OR NOT active = true)"}
SELECT "id", "code", "name", "notes", VARCHAR("amount"), CHAR("due", ISO), VARCHAR("changed"), VARCHAR("entered"), "active", "photo", VARCHAR("id") FROM "tenancies" WHERE ((("name" = ?) AND ("amount" > ?)) AND (("due" >= ?) OR (NOT ("active" = ?)))) ORDER BY "id" FETCH FIRST 51 ROWS ONLY;
--   kind 10: string O'Hara
--   kind 9: string 12.50
--   kind 12: string 2026-01-31
--   kind 1: bool true

-- ListTenancies {"filter": "notes:\"leak\" AND changed < \"2026-01-31T10:00:00Z\" AND entered >= \"2026-01-31T10:00:00Z\" AND code != \"A\" AND name:*"}
SELECT "id", "code", "name", "notes", VARCHAR("amount"), CHAR("due", ISO), VARCHAR("changed"), VARCHAR("entered"), "active", "photo", VARCHAR("id") FROM "tenancies" WHERE (((((LOCATE(?, "notes") > 0) AND ("changed" < ?)) AND ("entered" >= ?)) AND ("code" <> ?)) AND ("name" IS NOT NULL)) ORDER BY "id" FETCH FIRST 51 ROWS ONLY;
--   kind 10: string leak
--   kind 14: string 2026-01-31T10:00:00Z
--   kind 15: string 2026-01-31T10:00:00Z
--   kind 10: string A

-- ListTenancies {"filter": "name = \"O'*_[!]\" AND notes != \"*%\" AND code = \"A*\""}
SELECT "id", "code", "name", "notes", VARCHAR("amount"), CHAR("due", ISO), VARCHAR("changed"), VARCHAR("entered"), "active", "photo", VARCHAR("id") FROM "tenancies" WHERE ((("name" LIKE ? ESCAPE '!') AND (NOT ("notes" LIKE ? ESCAPE '!'))) AND (TRIM(TRAILING FROM "code") LIKE ? ESCAPE '!')) ORDER BY "id" FETCH FIRST 51 ROWS ONLY;
--   kind 10: string O'%!_[!!]
--   kind 10: string %!%
--   kind 10: string A%

-- ListTenancies {"pageSize": 2, "expand": "repairs"}
-- begin, mode 0, isolation 2
SELECT "id", "code", "name", "notes", VARCHAR("amount"), CHAR("due", ISO), VARCHAR("changed"), VARCHAR("entered"), "active", "photo", VARCHAR("id") FROM "tenancies" ORDER BY "id" FETCH FIRST 3 ROWS ONLY;
SELECT "tenancy_id", "place", "summary" FROM (SELECT "tenancy_id", "place", "summary", ROW_NUMBER() OVER (PARTITION BY "tenancy_id" ORDER BY "tenancy_id", "place") AS "postern_place" FROM "repairs" WHERE "tenancy_id" IN (?, ?)) "related" WHERE "postern_place" <= ? ORDER BY "postern_place";
--   kind 4: int64 1
--   kind 4: int64 2
--   kind 4: int64 101
-- end

-- ListRepairs {"pageSize": 2, "expand": "tenancy"}
-- begin, mode 0, isolation 2
SELECT "tenancy_id", "place", "summary", VARCHAR("tenancy_id"), VARCHAR("place") FROM "repairs" ORDER BY "tenancy_id", "place" FETCH FIRST 3 ROWS ONLY;
SELECT "id", "code", "name", "notes", VARCHAR("amount"), CHAR("due", ISO), VARCHAR("changed"), VARCHAR("entered"), "active", "photo" FROM "tenancies" WHERE "id" IN (?, ?);
--   kind 4: int64 1
--   kind 4: int64 2
-- end

-- ListTenancyRepairs {"id": "7", "pageSize": 2}
SELECT "tenancy_id", "place", "summary", VARCHAR("tenancy_id"), VARCHAR("place") FROM "repairs" WHERE "tenancy_id" = ? ORDER BY "tenancy_id", "place" FETCH FIRST 3 ROWS ONLY;
--   kind 4: int64 7

-- ListVisits {"pageSize": 2}
SELECT "said" FROM "visits" ORDER BY "said" FETCH FIRST 3 ROWS ONLY;
-- the page behind it
SELECT "said" FROM "visits" ORDER BY "said" OFFSET 2 ROWS FETCH FIRST 3 ROWS ONLY;

-- StreamTenancies {"filter": "active = true", "orderBy": "name", "fields": "id,name"}
SELECT "id", "name" FROM "tenancies" WHERE "active" = ? ORDER BY "name", "id";
--   kind 1: bool true

-- CreateTenancy {"code": "A", "amount": "12.50", "due": "2026-01-31", "active": true, "photo": "AA=="}
SELECT "id", "code", "name", "notes", VARCHAR("amount"), CHAR("due", ISO), VARCHAR("changed"), VARCHAR("entered"), "active", "photo" FROM FINAL TABLE (INSERT INTO "tenancies" ("code", "amount", "due", "active", "photo") VALUES (?, ?, ?, ?, ?));
--   kind 10: string A
--   kind 9: string 12.50
--   kind 12: string 2026-01-31
--   kind 1: bool true
--   kind 11: []uint8 [0]

-- CreateTenancy {}
SELECT "id", "code", "name", "notes", VARCHAR("amount"), CHAR("due", ISO), VARCHAR("changed"), VARCHAR("entered"), "active", "photo" FROM FINAL TABLE (INSERT INTO "tenancies" ("id") VALUES (DEFAULT));

-- CreateRepair {"tenancyId": "7", "place": 1, "summary": ""}
SELECT "tenancy_id", "place", "summary" FROM FINAL TABLE (INSERT INTO "repairs" ("tenancy_id", "place", "summary") VALUES (?, ?, ?));
--   kind 4: int64 7
--   kind 3: int64 1
--   kind 10: string 

-- CreateVisit {"said": "nobody in"}
SELECT "said" FROM FINAL TABLE (INSERT INTO "visits" ("said") VALUES (?));
--   kind 10: string nobody in

-- UpdateTenancy {"id": "7", "tenancy": {"name": "Ann", "entered": "2026-01-31T10:00:00Z"}}
SELECT "id", "code", "name", "notes", VARCHAR("amount"), CHAR("due", ISO), VARCHAR("changed"), VARCHAR("entered"), "active", "photo" FROM FINAL TABLE (UPDATE "tenancies" SET "name" = ?, "entered" = ? WHERE "id" = ?);
--   kind 10: string Ann
--   kind 15: string 2026-01-31T10:00:00Z
--   kind 4: int64 7

-- DeleteRepair {"tenancyId": "7", "place": 1}
DELETE FROM "repairs" WHERE "tenancy_id" = ? AND "place" = ?;
--   kind 4: int64 7
--   kind 3: int64 1

