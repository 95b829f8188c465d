-- +goose Up
ALTER TABLE users ALTER COLUMN id TYPE bigint;
