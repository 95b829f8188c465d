CREATE TABLE posts (id bigserial PRIMARY KEY, author_id bigint, title text, body text, views int NOT NULL);
CREATE TABLE authors (id bigserial PRIMARY KEY, name text NOT NULL);
CREATE INDEX posts_title ON posts (title);
