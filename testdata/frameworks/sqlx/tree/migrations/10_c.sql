-- no-transaction
create index concurrently i on a (id);
