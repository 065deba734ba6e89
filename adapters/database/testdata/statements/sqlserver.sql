-- GetTenancy {"id": "7"}
SELECT [id], [code], [name], [notes], [amount], [due], [changed], [entered], [active], [photo] FROM [tenancies] WHERE [id] = @p1;
--   kind 4: int64 7

-- GetTenancy {"id": "7", "fields": "id,due"}
SELECT [id], [due] FROM [tenancies] WHERE [id] = @p1;
--   kind 4: int64 7

-- GetTenancy {"id": "7", "expand": "repairs"}
-- begin, mode 0, isolation 2
SELECT [id], [code], [name], [notes], [amount], [due], [changed], [entered], [active], [photo] FROM [tenancies] WHERE [id] = @p1;
--   kind 4: int64 7
SELECT [tenancy_id], [place], [summary] FROM (SELECT [tenancy_id], [place], [summary], ROW_NUMBER() OVER (PARTITION BY [tenancy_id] ORDER BY [tenancy_id], [place]) AS [postern_place] FROM [repairs] WHERE [tenancy_id] IN (@p1, @p2, @p3, @p4)) [related] WHERE [postern_place] <= @p5 ORDER BY [postern_place];
--   kind 4: int64 1
--   kind 4: int64 2
--   kind 4: int64 3
--   kind 4: int64 3
--   kind 4: int64 101
-- end

-- ListTenancies {"pageSize": 2}
SELECT [id], [code], [name], [notes], [amount], [due], [changed], [entered], [active], [photo], [id] AS [ordered by] FROM [tenancies] ORDER BY [id] OFFSET 0 ROWS FETCH NEXT 3 ROWS ONLY;
-- the page behind it
SELECT [id], [code], [name], [notes], [amount], [due], [changed], [entered], [active], [photo], [id] AS [ordered by] FROM [tenancies] WHERE (([id] > @p1)) ORDER BY [id] OFFSET 0 ROWS FETCH NEXT 3 ROWS ONLY;
--   kind 21: string 2

-- ListTenancies {"pageSize": 2, "orderBy": "name desc, notes"}
SELECT [id], [code], [name], [notes], [amount], [due], [changed], [entered], [active], [photo], [name] AS [ordered by], CAST([notes] AS nvarchar(max)) AS [ordered by], [id] AS [ordered by] FROM [tenancies] ORDER BY [name] DESC, CAST([notes] AS nvarchar(max)), [id] OFFSET 0 ROWS FETCH NEXT 3 ROWS ONLY;
-- the page behind it
SELECT [id], [code], [name], [notes], [amount], [due], [changed], [entered], [active], [photo], [name] AS [ordered by], CAST([notes] AS nvarchar(max)) AS [ordered by], [id] AS [ordered by] FROM [tenancies] WHERE ((([name] < @p1 OR [name] IS NULL)) OR ([name] = @p2 AND CAST([notes] AS nvarchar(max)) > @p3) OR ([name] = @p4 AND CAST([notes] AS nvarchar(max)) = @p5 AND [id] > @p6)) ORDER BY [name] DESC, CAST([notes] AS nvarchar(max)), [id] OFFSET 0 ROWS FETCH NEXT 3 ROWS ONLY;
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2

-- ListTenancies {"pageSize": 2, "orderBy": "amount, due desc", "includeTotalSize": true}
-- begin, mode 0, isolation 2
SELECT [id], [code], [name], [notes], [amount], [due], [changed], [entered], [active], [photo], [amount] AS [ordered by], [due] AS [ordered by], [id] AS [ordered by] FROM [tenancies] ORDER BY [amount], [due] DESC, [id] OFFSET 0 ROWS FETCH NEXT 3 ROWS ONLY;
SELECT COUNT(*) FROM [tenancies];
-- end
-- the page behind it
-- begin, mode 0, isolation 2
SELECT [id], [code], [name], [notes], [amount], [due], [changed], [entered], [active], [photo], [amount] AS [ordered by], [due] AS [ordered by], [id] AS [ordered by] FROM [tenancies] WHERE (([amount] > @p1) OR ([amount] = @p2 AND ([due] < @p3 OR [due] IS NULL)) OR ([amount] = @p4 AND [due] = @p5 AND [id] > @p6)) ORDER BY [amount], [due] DESC, [id] OFFSET 0 ROWS FETCH NEXT 3 ROWS ONLY;
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
--   kind 21: string 2
SELECT COUNT(*) FROM [tenancies];
-- end

-- ListTenancies {"filter": "name = \"O'Hara\" AND amount > 12.50 AND (due >= \"2026-01-31\" OR NOT active = true)"}
SELECT [id], [code], [name], [notes], [amount], [due], [changed], [entered], [active], [photo], [id] AS [ordered by] FROM [tenancies] WHERE ((([name] = @p1) AND ([amount] > @p2)) AND (([due] >= @p3) OR (NOT ([active] = @p4)))) ORDER BY [id] OFFSET 0 ROWS FETCH NEXT 51 ROWS ONLY;
--   kind 10: string O'Hara
--   kind 9: string 12.50
--   kind 12: string 2026-01-31
--   kind 1: bool true

-- ListTenancies {"filter": "notes:\"leak\" AND changed < \"2026-01-31T10:00:00Z\" AND entered >= \"2026-01-31T10:00:00Z\" AND code != \"A\" AND name:*"}
SELECT [id], [code], [name], [notes], [amount], [due], [changed], [entered], [active], [photo], [id] AS [ordered by] FROM [tenancies] WHERE ((((((CHARINDEX(CAST(@p1 AS nvarchar(max)) COLLATE Latin1_General_100_BIN2, CAST([notes] AS nvarchar(max)) COLLATE Latin1_General_100_BIN2) > 0 OR DATALENGTH(@p1) = 0 AND [notes] IS NOT NULL)) AND ([changed] < @p2)) AND ([entered] >= CAST(@p3 AS datetime))) AND (CAST([code] AS nvarchar(4000)) <> @p4)) AND ([name] IS NOT NULL)) ORDER BY [id] OFFSET 0 ROWS FETCH NEXT 51 ROWS ONLY;
--   kind 10: string leak
--   kind 14: string 2026-01-31T10:00:00Z
--   kind 15: string 2026-01-31T10:00:00Z
--   kind 10: string A

-- ListTenancies {"filter": "name = \"O'*_[!]\" AND notes != \"*%\" AND code = \"A*\""}
SELECT [id], [code], [name], [notes], [amount], [due], [changed], [entered], [active], [photo], [id] AS [ordered by] FROM [tenancies] WHERE ((([name] LIKE @p1 ESCAPE '!') AND (NOT (CAST([notes] AS nvarchar(max)) LIKE @p2 ESCAPE '!'))) AND (RTRIM(CAST([code] AS nvarchar(4000))) LIKE @p3 ESCAPE '!')) ORDER BY [id] OFFSET 0 ROWS FETCH NEXT 51 ROWS ONLY;
--   kind 10: string O'%!_![!!]
--   kind 10: string %!%
--   kind 10: string A%

-- ListTenancies {"pageSize": 2, "expand": "repairs"}
-- begin, mode 0, isolation 2
SELECT [id], [code], [name], [notes], [amount], [due], [changed], [entered], [active], [photo], [id] AS [ordered by] FROM [tenancies] ORDER BY [id] OFFSET 0 ROWS FETCH NEXT 3 ROWS ONLY;
SELECT [tenancy_id], [place], [summary] FROM (SELECT [tenancy_id], [place], [summary], ROW_NUMBER() OVER (PARTITION BY [tenancy_id] ORDER BY [tenancy_id], [place]) AS [postern_place] FROM [repairs] WHERE [tenancy_id] IN (@p1, @p2)) [related] WHERE [postern_place] <= @p3 ORDER BY [postern_place];
--   kind 4: int64 1
--   kind 4: int64 2
--   kind 4: int64 101
-- end

-- ListRepairs {"pageSize": 2, "expand": "tenancy"}
-- begin, mode 0, isolation 2
SELECT [tenancy_id], [place], [summary], [tenancy_id] AS [ordered by], [place] AS [ordered by] FROM [repairs] ORDER BY [tenancy_id], [place] OFFSET 0 ROWS FETCH NEXT 3 ROWS ONLY;
SELECT [id], [code], [name], [notes], [amount], [due], [changed], [entered], [active], [photo] FROM [tenancies] WHERE [id] IN (@p1, @p2);
--   kind 4: int64 1
--   kind 4: int64 2
-- end

-- ListTenancyRepairs {"id": "7", "pageSize": 2}
SELECT [tenancy_id], [place], [summary], [tenancy_id] AS [ordered by], [place] AS [ordered by] FROM [repairs] WHERE [tenancy_id] = @p1 ORDER BY [tenancy_id], [place] OFFSET 0 ROWS FETCH NEXT 3 ROWS ONLY;
--   kind 4: int64 7

-- ListVisits {"pageSize": 2}
SELECT [said] FROM [visits] ORDER BY [said] OFFSET 0 ROWS FETCH NEXT 3 ROWS ONLY;
-- the page behind it
SELECT [said] FROM [visits] ORDER BY [said] OFFSET 2 ROWS FETCH NEXT 3 ROWS ONLY;

-- StreamTenancies {"filter": "active = true", "orderBy": "name", "fields": "id,name"}
SELECT [id], [name] FROM [tenancies] WHERE [active] = @p1 ORDER BY [name], [id];
--   kind 1: bool true

-- CreateTenancy {"code": "A", "amount": "12.50", "due": "2026-01-31", "active": true, "photo": "AA=="}
SET NOCOUNT ON; DECLARE @postern_written TABLE ([id] bigint); INSERT INTO [tenancies] ([code], [amount], [due], [active], [photo]) OUTPUT inserted.[id] INTO @postern_written VALUES (@p1, @p2, @p3, @p4, @p5); SELECT [id], [code], [name], [notes], [amount], [due], [changed], [entered], [active], [photo] FROM [tenancies] WHERE EXISTS (SELECT 1 FROM @postern_written AS w WHERE w.[id] = [tenancies].[id]);
--   kind 10: string A
--   kind 9: string 12.50
--   kind 12: string 2026-01-31
--   kind 1: bool true
--   kind 11: []uint8 [0]

-- CreateTenancy {}
SET NOCOUNT ON; DECLARE @postern_written TABLE ([id] bigint); INSERT INTO [tenancies] OUTPUT inserted.[id] INTO @postern_written DEFAULT VALUES; SELECT [id], [code], [name], [notes], [amount], [due], [changed], [entered], [active], [photo] FROM [tenancies] WHERE EXISTS (SELECT 1 FROM @postern_written AS w WHERE w.[id] = [tenancies].[id]);

-- CreateRepair {"tenancyId": "7", "place": 1, "summary": ""}
SET NOCOUNT ON; DECLARE @postern_written TABLE ([tenancy_id] bigint, [place] int); INSERT INTO [repairs] ([tenancy_id], [place], [summary]) OUTPUT inserted.[tenancy_id], inserted.[place] INTO @postern_written VALUES (@p1, @p2, @p3); SELECT [tenancy_id], [place], [summary] FROM [repairs] WHERE EXISTS (SELECT 1 FROM @postern_written AS w WHERE w.[tenancy_id] = [repairs].[tenancy_id] AND w.[place] = [repairs].[place]);
--   kind 4: int64 7
--   kind 3: int64 1
--   kind 10: string 

-- CreateVisit {"said": "nobody in"}
INSERT INTO [visits] ([said]) VALUES (@p1);
--   kind 10: string nobody in

-- UpdateTenancy {"id": "7", "tenancy": {"name": "Ann", "entered": "2026-01-31T10:00:00Z"}}
SET NOCOUNT ON; DECLARE @postern_written TABLE ([id] bigint); UPDATE [tenancies] SET [name] = @p1, [entered] = @p2 OUTPUT inserted.[id] INTO @postern_written WHERE [id] = @p3; SELECT [id], [code], [name], [notes], [amount], [due], [changed], [entered], [active], [photo] FROM [tenancies] WHERE EXISTS (SELECT 1 FROM @postern_written AS w WHERE w.[id] = [tenancies].[id]);
--   kind 10: string Ann
--   kind 15: string 2026-01-31T10:00:00Z
--   kind 4: int64 7

-- DeleteRepair {"tenancyId": "7", "place": 1}
DELETE FROM [repairs] WHERE [tenancy_id] = @p1 AND [place] = @p2;
--   kind 4: int64 7
--   kind 3: int64 1

