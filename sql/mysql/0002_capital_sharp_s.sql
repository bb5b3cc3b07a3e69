-- Names that have it were stored under a key of their own, and are now the same as with a small one, or with ss. Where
-- that name is taken by another account, the key stays, and its owner logs in by id.

UPDATE IGNORE users SET name_key = REPLACE(name_key, 'ß', 'ss') WHERE name_key LIKE '%ß%';

UPDATE chats SET name_key = REPLACE(name_key, 'ß', 'ss') WHERE name_key LIKE '%ß%';
