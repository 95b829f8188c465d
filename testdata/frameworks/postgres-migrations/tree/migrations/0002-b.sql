-- postgres-migrations disable-transaction
create index concurrently i on a (id);
