-- GetTenancy {"id": "7"}
SELECT `id`, `code`, `name`, `notes`, `amount`, `due`, `changed`, `entered`, `active`, `photo` FROM `tenancies` WHERE `id` = ?1;
--   kind 4: int64 7

-- GetTenancy {"id": "7", "fields": "id,due"}
SELECT `id`, `due` FROM `tenancies` WHERE `id` = ?1;
--   kind 4: int64 7

-- GetTenancy {"id": "7", "expand": "repairs"}
-- begin, mode 0, isolation 2
SELECT `id`, `code`, `name`, `notes`, `amount`, `due`, `changed`, `entered`, `active`, `photo` FROM `tenancies` WHERE `id` = ?1;
--   kind 4: int64 7
SELECT `tenancy_id`, `place`, `summary` FROM (SELECT `tenancy_id`, `place`, `summary`, ROW_NUMBER() OVER (PARTITION BY `tenancy_id` ORDER BY `tenancy_id`, `place`) AS `postern_place` FROM `repairs` WHERE `tenancy_id` IN (?1, ?2, ?3, ?4)) `related` WHERE `postern_place` <= ?5 ORDER BY `postern_place`;
--   kind 4: int64 1
--   kind 4: int64 2
--   kind 4: int64 3
--   kind 4: int64 3
--   kind 4: int64 101
-- end

-- ListTenancies {"pageSize": 2}
SELECT `id`, `code`, `name`, `notes`, `amount`, `due`, `changed`, `entered`, `active`, `photo`, `id` FROM `tenancies` ORDER BY `id` LIMIT 3;
-- the page behind it
SELECT `id`, `code`, `name`, `notes`, `amount`, `due`, `changed`, `entered`, `active`, `photo`, `id` FROM `tenancies` WHERE ((`id` > ?1)) ORDER BY `id` LIMIT 3;
--   kind 21: string 2

-- ListTenancies {"pageSize": 2, "orderBy": "name desc, notes"}
SELECT `id`, `code`, `name`, `notes`, `amount`, `due`, `changed`, `entered`, `active`, `photo`, `name`, `notes`, `id` FROM `tenancies` ORDER BY `name` DESC, `notes`, `id` LIMIT 3;
-- the page behind it
SELECT `id`, `code`, `name`, `notes`, `amount`, `due`, `changed`, `entered`, `active`, `photo`, `name`, `notes`, `id` FROM `tenancies` WHERE (((`name` < ?1 OR `name` IS NULL)) OR (`name` = ?2 AND `notes` > ?3) OR (`name` = ?4 AND `notes` = ?5 AND `id` > ?6)) ORDER BY `name` DESC, `notes`, `id` LIMIT 3;
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2

-- ListTenancies {"pageSize": 2, "orderBy": "amount, due desc", "includeTotalSize": true}
-- begin, mode 0, isolation 2
SELECT `id`, `code`, `name`, `notes`, `amount`, `due`, `changed`, `entered`, `active`, `photo`, `amount`, CASE WHEN `due` >= '0001-01-01' AND MONTH(`due`) > 0 AND DAYOFMONTH(`due`) > 0 THEN `due` END, `id` FROM `tenancies` ORDER BY `amount`, CASE WHEN `due` >= '0001-01-01' AND MONTH(`due`) > 0 AND DAYOFMONTH(`due`) > 0 THEN `due` END DESC, `id` LIMIT 3;
SELECT COUNT(*) FROM `tenancies`;
-- end
-- the page behind it
-- begin, mode 0, isolation 2
SELECT `id`, `code`, `name`, `notes`, `amount`, `due`, `changed`, `entered`, `active`, `photo`, `amount`, CASE WHEN `due` >= '0001-01-01' AND MONTH(`due`) > 0 AND DAYOFMONTH(`due`) > 0 THEN `due` END, `id` FROM `tenancies` WHERE ((`amount` > ?1) OR (`amount` = ?2 AND (CASE WHEN `due` >= '0001-01-01' AND MONTH(`due`) > 0 AND DAYOFMONTH(`due`) > 0 THEN `due` END < ?3 OR CASE WHEN `due` >= '0001-01-01' AND MONTH(`due`) > 0 AND DAYOFMONTH(`due`) > 0 THEN `due` END IS NULL)) OR (`amount` = ?4 AND CASE WHEN `due` >= '0001-01-01' AND MONTH(`due`) > 0 AND DAYOFMONTH(`due`) > 0 THEN `due` END = ?5 AND `id` > ?6)) ORDER BY `amount`, CASE WHEN `due` >= '0001-01-01' AND MONTH(`due`) > 0 AND DAYOFMONTH(`due`) > 0 THEN `due` END DESC, `id` LIMIT 3;
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
SELECT COUNT(*) FROM `tenancies`;
-- end

-- ListTenancies {"filter": "name = \"O'Hara\" AND amount > 12.50 AND (due >= \"2026-01-31\" OR NOT active = true)"}
SELECT `id`, `code`, `name`, `notes`, `amount`, `due`, `changed`, `entered`, `active`, `photo`, `id` FROM `tenancies` WHERE (((`name` = ?1) AND (`amount` > CAST(?2 AS DECIMAL(65, 2)))) AND (((`due` >= ?3) AND `due` >= '0001-01-01' AND MONTH(`due`) > 0 AND DAYOFMONTH(`due`) > 0) OR (NOT (`active` = ?4)))) ORDER BY `id` LIMIT 51;
--   kind 10: string O'Hara
--   kind 9: string 12.50
--   kind 12: string 2026-01-31
--   kind 1: bool true

-- ListTenancies {"filter": "notes:\"leak\" AND changed < \"2026-01-31T10:00:00Z\" AND entered >= \"2026-01-31T10:00:00Z\" AND code != \"A\" AND name:*"}
SELECT `id`, `code`, `name`, `notes`, `amount`, `due`, `changed`, `entered`, `active`, `photo`, `id` FROM `tenancies` WHERE (((((LOCATE(?1, CONVERT(`notes` USING utf8mb4) COLLATE utf8mb4_bin) > 0) AND ((`changed` < ?2) AND `changed` >= '0001-01-01' AND MONTH(`changed`) > 0 AND DAYOFMONTH(`changed`) > 0)) AND ((`entered` >= ?3) AND `entered` >= '0001-01-01' AND MONTH(`entered`) > 0 AND DAYOFMONTH(`entered`) > 0)) AND (`code` <> ?4)) AND (`name` IS NOT NULL)) ORDER BY `id` LIMIT 51;
--   kind 10: string leak
--   kind 14: string 2026-01-31T10:00:00Z
--   kind 15: string 2026-01-31T10:00:00Z
--   kind 10: string A

-- ListTenancies {"filter": "name = \"O'*_[!]\" AND notes != \"*%\" AND code = \"A*\""}
SELECT `id`, `code`, `name`, `notes`, `amount`, `due`, `changed`, `entered`, `active`, `photo`, `id` FROM `tenancies` WHERE (((`name` LIKE ?1 ESCAPE '!') AND (NOT (`notes` LIKE ?2 ESCAPE '!'))) AND (TRIM(TRAILING FROM `code`) LIKE ?3 ESCAPE '!')) ORDER BY `id` LIMIT 51;
--   kind 10: string O'%!_[!!]
--   kind 10: string %!%
--   kind 10: string A%

-- ListTenancies {"pageSize": 2, "expand": "repairs"}
-- begin, mode 0, isolation 2
SELECT `id`, `code`, `name`, `notes`, `amount`, `due`, `changed`, `entered`, `active`, `photo`, `id` FROM `tenancies` ORDER BY `id` LIMIT 3;
SELECT `tenancy_id`, `place`, `summary` FROM (SELECT `tenancy_id`, `place`, `summary`, ROW_NUMBER() OVER (PARTITION BY `tenancy_id` ORDER BY `tenancy_id`, `place`) AS `postern_place` FROM `repairs` WHERE `tenancy_id` IN (?1, ?2)) `related` WHERE `postern_place` <= ?3 ORDER BY `postern_place`;
--   kind 4: int64 1
--   kind 4: int64 2
--   kind 4: int64 101
-- end

-- ListRepairs {"pageSize": 2, "expand": "tenancy"}
-- begin, mode 0, isolation 2
SELECT `tenancy_id`, `place`, `summary`, `tenancy_id`, `place` FROM `repairs` ORDER BY `tenancy_id`, `place` LIMIT 3;
SELECT `id`, `code`, `name`, `notes`, `amount`, `due`, `changed`, `entered`, `active`, `photo` FROM `tenancies` WHERE `id` IN (?1, ?2);
--   kind 4: int64 1
--   kind 4: int64 2
-- end

-- ListTenancyRepairs {"id": "7", "pageSize": 2}
SELECT `tenancy_id`, `place`, `summary`, `tenancy_id`, `place` FROM `repairs` WHERE `tenancy_id` = ?1 ORDER BY `tenancy_id`, `place` LIMIT 3;
--   kind 4: int64 7

-- ListVisits {"pageSize": 2}
SELECT `said` FROM `visits` ORDER BY `said` LIMIT 3;
-- the page behind it
SELECT `said` FROM `visits` ORDER BY `said` LIMIT 3 OFFSET 2;

-- StreamTenancies {"filter": "active = true", "orderBy": "name", "fields": "id,name"}
SELECT `id`, `name` FROM `tenancies` WHERE `active` = ?1 ORDER BY `name`, `id`;
--   kind 1: bool true

-- CreateTenancy {"code": "A", "amount": "12.50", "due": "2026-01-31", "active": true, "photo": "AA=="}
-- begin, mode 2, isolation 0
INSERT INTO `tenancies` (`code`, `amount`, `due`, `active`, `photo`) VALUES (?1, ?2, ?3, ?4, ?5);
--   kind 10: string A
--   kind 9: string 12.50
--   kind 12: string 2026-01-31
--   kind 1: bool true
--   kind 11: []uint8 [0]
SELECT `id`, `code`, `name`, `notes`, `amount`, `due`, `changed`, `entered`, `active`, `photo` FROM `tenancies` WHERE `id` = LAST_INSERT_ID();
-- end

-- CreateTenancy {}
-- begin, mode 2, isolation 0
INSERT INTO `tenancies` () VALUES ();
SELECT `id`, `code`, `name`, `notes`, `amount`, `due`, `changed`, `entered`, `active`, `photo` FROM `tenancies` WHERE `id` = LAST_INSERT_ID();
-- end

-- CreateRepair {"tenancyId": "7", "place": 1, "summary": ""}
-- begin, mode 2, isolation 0
INSERT INTO `repairs` (`tenancy_id`, `place`, `summary`) VALUES (?1, ?2, ?3);
--   kind 4: int64 7
--   kind 3: int64 1
--   kind 10: string 
SELECT `tenancy_id`, `place`, `summary` FROM `repairs` WHERE `tenancy_id` = ?1 AND `place` = ?2;
--   kind 4: int64 7
--   kind 3: int64 1
-- end

-- CreateVisit {"said": "nobody in"}
INSERT INTO `visits` (`said`) VALUES (?1);
--   kind 10: string nobody in

-- UpdateTenancy {"id": "7", "tenancy": {"name": "Ann", "entered": "2026-01-31T10:00:00Z"}}
-- begin, mode 2, isolation 0
UPDATE `tenancies` SET `name` = ?1, `entered` = ?2 WHERE `id` = ?3;
--   kind 10: string Ann
--   kind 15: string 2026-01-31T10:00:00Z
--   kind 4: int64 7
SELECT `id`, `code`, `name`, `notes`, `amount`, `due`, `changed`, `entered`, `active`, `photo` FROM `tenancies` WHERE `id` = ?1;
--   kind 4: int64 7
-- end

-- DeleteRepair {"tenancyId": "7", "place": 1}
DELETE FROM `repairs` WHERE `tenancy_id` = ?1 AND `place` = ?2;
--   kind 4: int64 7
--   kind 3: int64 1

