alter table a add column x int;
create index concurrently i on a (x);
