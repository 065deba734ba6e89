-- GetTenancy {"id": "7"}
SELECT "id", "code", "name", "notes", "amount", "due", SYS_EXTRACT_UTC("changed"), "entered", "active", "photo" FROM "tenancies" WHERE "id" = :1;
--   kind 4: int64 7

-- GetTenancy {"id": "7", "fields": "id,due"}
SELECT "id", "due" FROM "tenancies" WHERE "id" = :1;
--   kind 4: int64 7

-- GetTenancy {"id": "7", "expand": "repairs"}
-- begin, mode 0, isolation 2
SELECT "id", "code", "name", "notes", "amount", "due", SYS_EXTRACT_UTC("changed"), "entered", "active", "photo" FROM "tenancies" WHERE "id" = :1;
--   kind 4: int64 7
SELECT "tenancy_id", "place", "summary" FROM (SELECT "tenancy_id", "place", "summary", ROW_NUMBER() OVER (PARTITION BY "tenancy_id" ORDER BY "tenancy_id", "place") AS "postern_place" FROM "repairs" WHERE "tenancy_id" IN (:1, :2, :3, :4)) "related" WHERE "postern_place" <= :5 ORDER BY "postern_place";
--   kind 4: int64 1
--   kind 4: int64 2
--   kind 4: int64 3
--   kind 4: int64 3
--   kind 4: int64 101
-- end

-- ListTenancies {"pageSize": 2}
SELECT "id", "code", "name", "notes", "amount", "due", SYS_EXTRACT_UTC("changed"), "entered", "active", "photo", "id" AS "by b888a741" FROM "tenancies" ORDER BY "id" FETCH NEXT 3 ROWS ONLY;
-- the page behind it
SELECT "id", "code", "name", "notes", "amount", "due", SYS_EXTRACT_UTC("changed"), "entered", "active", "photo", "id" AS "by b888a741" FROM "tenancies" WHERE (("id" > :1)) ORDER BY "id" FETCH NEXT 3 ROWS ONLY;
--   kind 21: string 2

-- ListTenancies {"pageSize": 2, "orderBy": "name desc, notes"}
SELECT "id", "code", "name", "notes", "amount", "due", SYS_EXTRACT_UTC("changed"), "entered", "active", "photo", "name" AS "by d3dbdaa1", DBMS_LOB.SUBSTR("notes", 1000, 1) AS "by 1a0cf3a9", "id" AS "by b888a741" FROM "tenancies" ORDER BY "name" DESC, DBMS_LOB.SUBSTR("notes", 1000, 1), "id" FETCH NEXT 3 ROWS ONLY;
-- the page behind it
SELECT "id", "code", "name", "notes", "amount", "due", SYS_EXTRACT_UTC("changed"), "entered", "active", "photo", "name" AS "by d3dbdaa1", DBMS_LOB.SUBSTR("notes", 1000, 1) AS "by 1a0cf3a9", "id" AS "by b888a741" FROM "tenancies" WHERE (("name" < :1) OR ("name" = :2 AND (DBMS_LOB.SUBSTR("notes", 1000, 1) > :3 OR DBMS_LOB.SUBSTR("notes", 1000, 1) IS NULL)) OR ("name" = :4 AND DBMS_LOB.SUBSTR("notes", 1000, 1) = :5 AND "id" > :6)) ORDER BY "name" DESC, DBMS_LOB.SUBSTR("notes", 1000, 1), "id" FETCH NEXT 3 ROWS ONLY;
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2

-- ListTenancies {"pageSize": 2, "orderBy": "amount, due desc", "includeTotalSize": true}
-- begin, mode 0, isolation 2
SELECT "id", "code", "name", "notes", "amount", "due", SYS_EXTRACT_UTC("changed"), "entered", "active", "photo", "amount" AS "by dc234a99", "due" AS "by 56b79f90", "id" AS "by b888a741" FROM "tenancies" ORDER BY "amount", "due" DESC, "id" FETCH NEXT 3 ROWS ONLY;
SELECT COUNT(*) FROM "tenancies";
-- end
-- the page behind it
-- begin, mode 0, isolation 2
SELECT "id", "code", "name", "notes", "amount", "due", SYS_EXTRACT_UTC("changed"), "entered", "active", "photo", "amount" AS "by dc234a99", "due" AS "by 56b79f90", "id" AS "by b888a741" FROM "tenancies" WHERE ((("amount" > :1 OR "amount" IS NULL)) OR ("amount" = :2 AND "due" < :3) OR ("amount" = :4 AND "due" = :5 AND "id" > :6)) ORDER BY "amount", "due" DESC, "id" FETCH NEXT 3 ROWS ONLY;
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
SELECT COUNT(*) FROM "tenancies";
-- end

-- ListTenancies {"filter": "name = \"O'Hara\" AND amount > 12.50 AND (due >= \"2026-01-31\" OR NOT active = true)"}
SELECT "id", "code", "name", "notes", "amount", "due", SYS_EXTRACT_UTC("changed"), "entered", "active", "photo", "id" AS "by b888a741" FROM "tenancies" WHERE ((("name" = :1) AND ("amount" > :2)) AND (("due" >= :3) OR (NOT ("active" = :4)))) ORDER BY "id" FETCH NEXT 51 ROWS ONLY;
--   kind 10: string O'Hara
--   kind 9: string 12.50
--   kind 12: string 2026-01-31
--   kind 1: bool true

-- ListTenancies {"filter": "notes:\"leak\" AND changed < \"2026-01-31T10:00:00Z\" AND entered >= \"2026-01-31T10:00:00Z\" AND code != \"A\" AND name:*"}
SELECT "id", "code", "name", "notes", "amount", "due", SYS_EXTRACT_UTC("changed"), "entered", "active", "photo", "id" AS "by b888a741" FROM "tenancies" WHERE (((((INSTR("notes", :1) > 0) AND ("changed" < :2)) AND ("entered" >= CAST(:3 AS DATE))) AND ("code" <> CAST(:4 AS CHAR(2000)))) AND ("name" IS NOT NULL)) ORDER BY "id" FETCH NEXT 51 ROWS ONLY;
--   kind 10: string leak
--   kind 14: string 2026-01-31T10:00:00Z
--   kind 15: string 2026-01-31T10:00:00Z
--   kind 10: string A

-- ListTenancies {"filter": "name = \"O'*_[!]\" AND notes != \"*%\" AND code = \"A*\""}
SELECT "id", "code", "name", "notes", "amount", "due", SYS_EXTRACT_UTC("changed"), "entered", "active", "photo", "id" AS "by b888a741" FROM "tenancies" WHERE ((("name" LIKE :1 ESCAPE '!') AND (NOT (DBMS_LOB.SUBSTR("notes", 1000, 1) LIKE :2 ESCAPE '!'))) AND (TRIM(TRAILING FROM "code") LIKE :3 ESCAPE '!')) ORDER BY "id" FETCH NEXT 51 ROWS ONLY;
--   kind 10: string O'%!_[!!]
--   kind 10: string %!%
--   kind 10: string A%

-- ListTenancies {"pageSize": 2, "expand": "repairs"}
-- begin, mode 0, isolation 2
SELECT "id", "code", "name", "notes", "amount", "due", SYS_EXTRACT_UTC("changed"), "entered", "active", "photo", "id" AS "by b888a741" FROM "tenancies" ORDER BY "id" FETCH NEXT 3 ROWS ONLY;
SELECT "tenancy_id", "place", "summary" FROM (SELECT "tenancy_id", "place", "summary", ROW_NUMBER() OVER (PARTITION BY "tenancy_id" ORDER BY "tenancy_id", "place") AS "postern_place" FROM "repairs" WHERE "tenancy_id" IN (:1, :2)) "related" WHERE "postern_place" <= :3 ORDER BY "postern_place";
--   kind 4: int64 1
--   kind 4: int64 2
--   kind 4: int64 101
-- end

-- ListRepairs {"pageSize": 2, "expand": "tenancy"}
-- begin, mode 0, isolation 2
SELECT "tenancy_id", "place", "summary", "tenancy_id" AS "by dfb85fb0", "place" AS "by 964f5b5f" FROM "repairs" ORDER BY "tenancy_id", "place" FETCH NEXT 3 ROWS ONLY;
SELECT "id", "code", "name", "notes", "amount", "due", SYS_EXTRACT_UTC("changed"), "entered", "active", "photo" FROM "tenancies" WHERE "id" IN (:1, :2);
--   kind 4: int64 1
--   kind 4: int64 2
-- end

-- ListTenancyRepairs {"id": "7", "pageSize": 2}
SELECT "tenancy_id", "place", "summary", "tenancy_id" AS "by dfb85fb0", "place" AS "by 964f5b5f" FROM "repairs" WHERE "tenancy_id" = :1 ORDER BY "tenancy_id", "place" FETCH NEXT 3 ROWS ONLY;
--   kind 4: int64 7

-- ListVisits {"pageSize": 2}
SELECT "said", ROWID AS "by 7e7f6a2d" FROM "visits" ORDER BY ROWID FETCH NEXT 3 ROWS ONLY;
-- the page behind it
SELECT "said", ROWID AS "by 7e7f6a2d" FROM "visits" WHERE ((ROWID > :1)) ORDER BY ROWID FETCH NEXT 3 ROWS ONLY;
--   kind 21: string 2

-- StreamTenancies {"filter": "active = true", "orderBy": "name", "fields": "id,name"}
SELECT "id", "name" FROM "tenancies" WHERE "active" = :1 ORDER BY "name", "id";
--   kind 1: bool true

-- CreateTenancy {"code": "A", "amount": "12.50", "due": "2026-01-31", "active": true, "photo": "AA=="}
DECLARE postern_row UROWID; BEGIN INSERT INTO "tenancies" ("code", "amount", "due", "active", "photo") VALUES (:1, :2, :3, :4, :5) RETURNING ROWID INTO postern_row; OPEN :postern_rows FOR SELECT "id", "code", "name", "notes", "amount", "due", SYS_EXTRACT_UTC("changed"), "entered", "active", "photo" FROM "tenancies" WHERE ROWID = postern_row; END;;
--   kind 10: string A
--   kind 9: string 12.50
--   kind 12: string 2026-01-31
--   kind 1: bool true
--   kind 11: []uint8 [0]

-- CreateTenancy {}
DECLARE postern_row UROWID; BEGIN INSERT INTO "tenancies" ("id") VALUES (DEFAULT) RETURNING ROWID INTO postern_row; OPEN :postern_rows FOR SELECT "id", "code", "name", "notes", "amount", "due", SYS_EXTRACT_UTC("changed"), "entered", "active", "photo" FROM "tenancies" WHERE ROWID = postern_row; END;;

-- CreateRepair {"tenancyId": "7", "place": 1, "summary": ""}
DECLARE postern_row UROWID; BEGIN INSERT INTO "repairs" ("tenancy_id", "place", "summary") VALUES (:1, :2, :3) RETURNING ROWID INTO postern_row; OPEN :postern_rows FOR SELECT "tenancy_id", "place", "summary" FROM "repairs" WHERE ROWID = postern_row; END;;
--   kind 4: int64 7
--   kind 3: int64 1
--   kind 10: string 

-- CreateVisit {"said": "nobody in"}
DECLARE postern_row UROWID; BEGIN INSERT INTO "visits" ("said") VALUES (:1) RETURNING ROWID INTO postern_row; OPEN :postern_rows FOR SELECT "said" FROM "visits" WHERE ROWID = postern_row; END;;
--   kind 10: string nobody in

-- UpdateTenancy {"id": "7", "tenancy": {"name": "Ann", "entered": "2026-01-31T10:00:00Z"}}
DECLARE postern_row UROWID; BEGIN UPDATE "tenancies" SET "name" = :1, "entered" = :2 WHERE "id" = :3 RETURNING ROWID INTO postern_row; OPEN :postern_rows FOR SELECT "id", "code", "name", "notes", "amount", "due", SYS_EXTRACT_UTC("changed"), "entered", "active", "photo" FROM "tenancies" WHERE ROWID = postern_row; END;;
--   kind 10: string Ann
--   kind 15: string 2026-01-31T10:00:00Z
--   kind 4: int64 7

-- DeleteRepair {"tenancyId": "7", "place": 1}
DELETE FROM "repairs" WHERE "tenancy_id" = :1 AND "place" = :2;
--   kind 4: int64 7
--   kind 3: int64 1

