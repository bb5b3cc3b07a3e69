-- The first schema. Times are milliseconds since 1970. What each table is for stands in lib/models.

CREATE TABLE meta (
  name TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL UNIQUE,
  password TEXT NOT NULL,
  personal_chat INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL
);

CREATE TABLE sessions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id INTEGER NOT NULL,
  token_hash TEXT NOT NULL UNIQUE,
  device TEXT NOT NULL,
  created INTEGER NOT NULL,
  used INTEGER NOT NULL
);

CREATE INDEX sessions_user ON sessions (user_id);

CREATE TABLE contacts (
  user_id INTEGER NOT NULL,
  other_id INTEGER NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY (user_id, other_id)
) WITHOUT ROWID;

CREATE TABLE chats (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  low_user INTEGER,
  high_user INTEGER,
  name TEXT NOT NULL DEFAULT '',
  name_key TEXT NOT NULL DEFAULT '',
  description TEXT NOT NULL DEFAULT '',
  public INTEGER NOT NULL DEFAULT 0,
  members INTEGER NOT NULL DEFAULT 0,
  last_seq INTEGER NOT NULL DEFAULT 0,
  last_time INTEGER NOT NULL DEFAULT 0,
  UNIQUE (low_user, high_user)
);

CREATE INDEX chats_moved ON chats (last_time);

CREATE INDEX chats_public ON chats (public, name_key);

CREATE TABLE members (
  chat_id INTEGER NOT NULL,
  user_id INTEGER NOT NULL,
  role TEXT NOT NULL,
  first_seq INTEGER NOT NULL,
  read_seq INTEGER NOT NULL,
  blocked INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (chat_id, user_id)
) WITHOUT ROWID;

CREATE INDEX members_user ON members (user_id, chat_id);

CREATE TABLE events (
  chat_id INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  sender_id INTEGER NOT NULL,
  cid TEXT NOT NULL,
  kind TEXT NOT NULL,
  time INTEGER NOT NULL,
  body TEXT NOT NULL,
  digest TEXT,
  PRIMARY KEY (chat_id, seq),
  UNIQUE (sender_id, cid)
) WITHOUT ROWID;

CREATE TABLE servers (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  flushes INTEGER NOT NULL,
  seen INTEGER NOT NULL
) WITHOUT ROWID;
