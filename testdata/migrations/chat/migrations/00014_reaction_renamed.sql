-- +goose Up
ALTER TYPE reaction RENAME VALUE 'up' TO 'like';
