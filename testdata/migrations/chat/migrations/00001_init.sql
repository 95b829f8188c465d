-- +goose Up
CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL, avatar_url text, email text NOT NULL);
CREATE TABLE rooms (id serial PRIMARY KEY, title text NOT NULL, topic text DEFAULT '' NOT NULL);
CREATE TABLE messages (
  id bigserial PRIMARY KEY,
  room_id integer NOT NULL REFERENCES rooms (id),
  author_id integer NOT NULL REFERENCES users (id),
  body text NOT NULL,
  sent_at timestamptz NOT NULL DEFAULT now()
);
-- +goose Down
DROP TABLE messages;
DROP TABLE rooms;
DROP TABLE users;
