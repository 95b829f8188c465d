-- migrate:up transaction:false
create index concurrently i on a (id);

-- migrate:down transaction:false
drop index i;
