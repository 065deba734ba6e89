CREATE TABLE accounts (id INTEGER PRIMARY KEY, owner VARCHAR(40) NOT NULL, balance NUMERIC(12,2) NOT NULL, opened DATE NOT NULL);
CREATE TABLE entries (account_id INTEGER NOT NULL REFERENCES accounts, line INTEGER NOT NULL, amount NUMERIC(12,2) NOT NULL, note VARCHAR(100), PRIMARY KEY (account_id, line));
CREATE EXCEPTION refused 'refused';
COMMIT;
INSERT INTO accounts VALUES (1, 'Ada', 100.10, '2020-02-29');
INSERT INTO accounts VALUES (2, 'Łukasz', 0.05, '2021-01-01');
INSERT INTO accounts VALUES (3, 'Zoe', 99999999.99, '1999-12-31');
INSERT INTO entries VALUES (1, 1, 60.10, 'first');
INSERT INTO entries VALUES (1, 2, 40.00, NULL);
INSERT INTO entries VALUES (2, 1, 0.05, '');
INSERT INTO entries VALUES (3, 1, 99999999.99, 'all');
COMMIT;
SET TERM ^ ;
CREATE FUNCTION balance_of(account INTEGER) RETURNS NUMERIC(12,2) AS BEGIN RETURN (SELECT balance FROM accounts WHERE id = :account); END^
COMMENT ON FUNCTION balance_of IS 'What an account holds.'^
CREATE PROCEDURE entries_of(account INTEGER, minimum NUMERIC(12,2) = 0) RETURNS (line INTEGER, amount NUMERIC(12,2), note VARCHAR(100)) AS
BEGIN
	FOR SELECT e.line, e.amount, e.note FROM entries e WHERE e.account_id = :account AND e.amount >= :minimum ORDER BY e.line INTO :line, :amount, :note DO SUSPEND;
END^
CREATE PROCEDURE transfer(source INTEGER, target INTEGER, amount NUMERIC(12,2)) RETURNS (remaining NUMERIC(12,2), code INTEGER, message VARCHAR(100)) AS
BEGIN
	UPDATE accounts SET balance = balance - :amount WHERE id = :source;
	UPDATE accounts SET balance = balance + :amount WHERE id = :target;
	IF (ROW_COUNT = 0) THEN
	BEGIN
		code = -1; message = 'no such account'; EXIT;
	END
	SELECT balance FROM accounts WHERE id = :source INTO :remaining;
	code = IIF(remaining < 0, 7, 0);
	message = 'moved ' || amount;
	IF (amount > 1000000) THEN code = 42;
END^
CREATE PROCEDURE refuse(why VARCHAR(100)) AS BEGIN UPDATE accounts SET balance = 0; EXCEPTION refused 'the secret is ' || why; END^
CREATE PROCEDURE "rename"(account INTEGER, name VARCHAR(40)) AS BEGIN UPDATE accounts SET owner = :name WHERE id = :account; END^
CREATE FUNCTION sly RETURNS INTEGER AS BEGIN UPDATE accounts SET balance = 0; RETURN 1; END^
CREATE PROCEDURE unchosen AS BEGIN END^
SET TERM ; ^
COMMIT;
