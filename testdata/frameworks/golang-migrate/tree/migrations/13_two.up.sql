begin;
alter table b add column x int;
commit;
create index concurrently i2 on b (x);
