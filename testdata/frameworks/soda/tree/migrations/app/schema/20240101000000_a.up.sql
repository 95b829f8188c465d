alter table b add column x int;
