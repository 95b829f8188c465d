-- +goose Up
ALTER TYPE reaction ADD VALUE 'laugh';
INSERT INTO reactions (message_id, user_id, kind) VALUES (1, 1, 'laugh');
