-- +goose Up
CREATE TABLE drafts (user_id integer NOT NULL, body text);
