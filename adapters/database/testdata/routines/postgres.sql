CREATE TABLE accounts (id integer PRIMARY KEY, owner varchar(40) NOT NULL, balance numeric(12,2) NOT NULL, opened date NOT NULL);
CREATE TABLE entries (account_id integer NOT NULL REFERENCES accounts, line integer NOT NULL, amount numeric(12,2) NOT NULL, note text, PRIMARY KEY (account_id, line));
INSERT INTO accounts VALUES (1, 'Ada', 100.10, '2020-02-29'), (2, 'Łukasz', 0.05, '2021-01-01'), (3, 'Zoe', 99999999.99, '1999-12-31');
INSERT INTO entries VALUES (1, 1, 60.10, 'first'), (1, 2, 40.00, NULL), (2, 1, 0.05, ''), (3, 1, 99999999.99, 'all');

CREATE FUNCTION balance_of(account integer) RETURNS numeric LANGUAGE sql STABLE AS 'SELECT balance FROM accounts WHERE id = account';
COMMENT ON FUNCTION balance_of IS 'What an account holds.';
CREATE FUNCTION entries_of(account integer, minimum numeric DEFAULT 0) RETURNS TABLE (line integer, amount numeric(12,2), note text)
	LANGUAGE sql STABLE AS 'SELECT e.line, e.amount, e.note FROM entries e WHERE e.account_id = account AND e.amount >= minimum ORDER BY e.line';
CREATE PROCEDURE transfer(source integer, target integer, INOUT amount numeric, OUT code integer, OUT message text) LANGUAGE plpgsql AS $$
BEGIN
	UPDATE accounts SET balance = balance - amount WHERE id = source;
	UPDATE accounts SET balance = balance + amount WHERE id = target;
	IF NOT FOUND THEN
		code := -1; message := 'no such account'; RETURN;
	END IF;
	code := CASE WHEN (SELECT balance FROM accounts WHERE id = source) < 0 THEN 7 ELSE 0 END;
	message := 'moved ' || amount;
	IF amount > 1000000 THEN code := 42; END IF;
	SELECT balance INTO amount FROM accounts WHERE id = source;
END $$;
CREATE FUNCTION statement_of(account integer) RETURNS SETOF refcursor LANGUAGE plpgsql AS $$
DECLARE
	one refcursor;
	two refcursor;
BEGIN
	OPEN one FOR SELECT a.owner, a.opened, a.balance FROM accounts a WHERE a.id = account;
	RETURN NEXT one;
	OPEN two FOR SELECT e.line, e.amount FROM entries e WHERE e.account_id = account ORDER BY e.line;
	RETURN NEXT two;
END $$;
CREATE FUNCTION refuse(why text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN UPDATE accounts SET balance = 0; RAISE EXCEPTION 'the secret is %', why; END $$;
CREATE FUNCTION rename(account integer, name varchar) RETURNS void LANGUAGE sql AS 'UPDATE accounts SET owner = name WHERE id = account';
CREATE FUNCTION sly() RETURNS integer LANGUAGE sql AS 'UPDATE accounts SET balance = 0; SELECT 1';
CREATE FUNCTION unchosen() RETURNS integer LANGUAGE sql AS 'SELECT 1';
