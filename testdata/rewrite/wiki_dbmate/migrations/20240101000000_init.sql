-- migrate:up
CREATE TABLE articles (id serial PRIMARY KEY, title text NOT NULL, author text NOT NULL, body text);
CREATE TABLE comments (id serial PRIMARY KEY, article_id int REFERENCES articles (id), body text);
-- migrate:down
DROP TABLE comments;
DROP TABLE articles;
