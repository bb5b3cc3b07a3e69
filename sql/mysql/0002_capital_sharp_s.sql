-- Names that have it were stored under a key of their own, and are now the same as with a small one, or with ss. Where
-- that name is taken by another account, the key stays, and its owner logs in by id. A key that grows beyond its column
-- is cut.

UPDATE IGNORE users SET name_key = LEFT(REPLACE(name_key, 'ß', 'ss'), 190) WHERE name_key LIKE '%ß%';

UPDATE chats SET name_key = LEFT(REPLACE(name_key, 'ß', 'ss'), 190) WHERE name_key LIKE '%ß%';
