-- +goose Up
ALTER TABLE rooms RENAME TO channels;
