-- +goose Up
ALTER TABLE room_members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON room_members USING (user_id = current_setting('app.user')::int);
