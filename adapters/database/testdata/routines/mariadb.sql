CREATE TABLE accounts (id int PRIMARY KEY, owner varchar(40) NOT NULL, balance decimal(12,2) NOT NULL, opened date NOT NULL);
CREATE TABLE entries (account_id int NOT NULL, line int NOT NULL, amount decimal(12,2) NOT NULL, note text, PRIMARY KEY (account_id, line));
INSERT INTO accounts VALUES (1, 'Ada', 100.10, '2020-02-29'), (2, 'Łukasz', 0.05, '2021-01-01'), (3, 'Zoe', 99999999.99, '1999-12-31');
INSERT INTO entries VALUES (1, 1, 60.10, 'first'), (1, 2, 40.00, NULL), (2, 1, 0.05, ''), (3, 1, 99999999.99, 'all');

CREATE FUNCTION balance_of(account int) RETURNS decimal(12,2) READS SQL DATA COMMENT 'What an account holds.' RETURN (SELECT balance FROM accounts WHERE id = account);
CREATE PROCEDURE entries_of(account int, minimum decimal(12,2)) READS SQL DATA
	SELECT line, amount, note FROM entries WHERE account_id = account AND amount >= COALESCE(minimum, 0) ORDER BY line;
CREATE PROCEDURE transfer(IN source int, IN target int, INOUT amount decimal(12,2), OUT code int, OUT message text)
BEGIN
	DECLARE found int;
	UPDATE accounts SET balance = balance - amount WHERE id = source;
	SELECT COUNT(*) INTO found FROM accounts WHERE id = target;
	UPDATE accounts SET balance = balance + amount WHERE id = target;
	IF found = 0 THEN
		SET code = -1, message = 'no such account';
	ELSE
		SET code = IF((SELECT balance FROM accounts WHERE id = source) < 0, 7, 0), message = CONCAT('moved ', amount);
		IF amount > 1000000 THEN SET code = 42; END IF;
		SELECT balance INTO amount FROM accounts WHERE id = source;
	END IF;
END;
CREATE PROCEDURE statement_of(account int) READS SQL DATA
BEGIN
	SELECT owner, opened, balance FROM accounts WHERE id = account;
	SELECT line, amount FROM entries WHERE account_id = account ORDER BY line;
END;
CREATE PROCEDURE refuse(why text)
BEGIN
	DECLARE words text DEFAULT CONCAT('the secret is ', why);
	UPDATE accounts SET balance = 0;
	SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = words;
END;
CREATE PROCEDURE `rename`(account int, name varchar(40)) UPDATE accounts SET owner = name WHERE id = account;
CREATE PROCEDURE sly() UPDATE accounts SET balance = 0;
CREATE PROCEDURE unchosen() DO 1;
CREATE FUNCTION sly_function() RETURNS int MODIFIES SQL DATA BEGIN UPDATE accounts SET balance = 0; RETURN 1; END;
