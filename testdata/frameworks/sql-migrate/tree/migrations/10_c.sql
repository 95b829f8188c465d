-- +migrate Up notransaction
create index concurrently i on a (id);
-- +migrate Down
drop index i;
