-- +goose Up
ALTER TABLE messages DROP CONSTRAINT messages_author_id_fkey;
