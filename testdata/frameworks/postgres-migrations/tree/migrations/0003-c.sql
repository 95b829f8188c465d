alter table a add column x int;
