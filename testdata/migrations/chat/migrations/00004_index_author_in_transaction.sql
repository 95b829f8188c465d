-- +goose Up
CREATE INDEX CONCURRENTLY messages_author_idx ON messages (author_id);
-- +goose Down
DROP INDEX messages_author_idx;
