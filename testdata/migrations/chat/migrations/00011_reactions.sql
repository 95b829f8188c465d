-- +goose Up
CREATE TYPE reaction AS ENUM ('up', 'down');
CREATE TABLE reactions (message_id bigint REFERENCES messages (id), user_id integer, kind reaction NOT NULL, PRIMARY KEY (message_id, user_id));
-- +goose Down
DROP TABLE reactions;
DROP TYPE reaction;
