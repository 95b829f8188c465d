alter table a add column x int;
create index concurrently k on a (x);
