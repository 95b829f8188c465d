-- +goose Up
ALTER TABLE messages ALTER COLUMN author_id DROP NOT NULL;
