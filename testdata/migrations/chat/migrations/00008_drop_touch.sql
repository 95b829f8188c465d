-- +goose Up
DROP TRIGGER messages_touch ON messages;
DROP FUNCTION touch();
