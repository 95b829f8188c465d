-- +goose Up
DROP TABLE reactions;
DROP TYPE reaction;
