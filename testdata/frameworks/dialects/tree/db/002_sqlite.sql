PRAGMA foreign_keys = off;
CREATE TABLE a (id integer PRIMARY KEY AUTOINCREMENT);
