-- +goose no transaction  
-- +goose Up
create index concurrently i on a (id);
-- +goose Down
drop index concurrently i;
