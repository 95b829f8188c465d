CREATE TABLE t ("unsigned" int, pragma text);
