-- +goose Up
CREATE TABLE room_members (
  room_id integer REFERENCES rooms (id),
  user_id integer REFERENCES users (id),
  role text NOT NULL DEFAULT 'member',
  PRIMARY KEY (room_id, user_id)
);
-- +goose Down
DROP TABLE room_members;
