-- +migrate Up
alter table a add column x int;
-- +migrate Down notransaction
drop index concurrently i;
