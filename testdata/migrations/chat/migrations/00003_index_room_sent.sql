-- +goose NO TRANSACTION
-- +goose Up
CREATE INDEX CONCURRENTLY messages_room_sent_idx ON messages (room_id, sent_at);
-- +goose Down
DROP INDEX CONCURRENTLY messages_room_sent_idx;
