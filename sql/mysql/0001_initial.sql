-- The first schema. Times are milliseconds since 1970. What each table is for stands in lib/models.
-- No foreign keys: they take locks on other rows, which made appends wait and joins dead-lock.

CREATE TABLE meta (
  name VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  value VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL
) ENGINE=InnoDB;

CREATE TABLE users (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(64) NOT NULL,
  name_key VARCHAR(190) NOT NULL UNIQUE,
  password VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  personal_chat BIGINT NOT NULL DEFAULT 0,
  created BIGINT NOT NULL
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE sessions (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  user_id BIGINT NOT NULL,
  token_hash CHAR(43) CHARACTER SET ascii COLLATE ascii_bin NOT NULL UNIQUE,
  device VARCHAR(64) NOT NULL,
  created BIGINT NOT NULL,
  used BIGINT NOT NULL,
  KEY sessions_user (user_id)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE contacts (
  user_id BIGINT NOT NULL,
  other_id BIGINT NOT NULL,
  state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (user_id, other_id)
) ENGINE=InnoDB;

CREATE TABLE chats (
  id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  low_user BIGINT,
  high_user BIGINT,
  name VARCHAR(64) NOT NULL DEFAULT '',
  name_key VARCHAR(190) NOT NULL DEFAULT '',
  description VARCHAR(500) NOT NULL DEFAULT '',
  public TINYINT NOT NULL DEFAULT 0,
  members INT NOT NULL DEFAULT 0,
  last_seq BIGINT NOT NULL DEFAULT 0,
  last_time BIGINT NOT NULL DEFAULT 0,
  UNIQUE KEY chats_direct (low_user, high_user),
  KEY chats_moved (last_time),
  KEY chats_public (public, name_key)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE members (
  chat_id BIGINT NOT NULL,
  user_id BIGINT NOT NULL,
  role VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  first_seq BIGINT NOT NULL,
  read_seq BIGINT NOT NULL,
  blocked TINYINT NOT NULL DEFAULT 0,
  PRIMARY KEY (chat_id, user_id),
  KEY members_user (user_id, chat_id)
) ENGINE=InnoDB;

CREATE TABLE events (
  chat_id BIGINT NOT NULL,
  seq BIGINT NOT NULL,
  sender_id BIGINT NOT NULL,
  cid VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  kind VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  time BIGINT NOT NULL,
  body MEDIUMTEXT NOT NULL,
  digest CHAR(43) CHARACTER SET ascii COLLATE ascii_bin,
  PRIMARY KEY (chat_id, seq),
  UNIQUE KEY events_cid (sender_id, cid)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

CREATE TABLE servers (
  id VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  name VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  flushes BIGINT NOT NULL,
  seen BIGINT NOT NULL
) ENGINE=InnoDB;
