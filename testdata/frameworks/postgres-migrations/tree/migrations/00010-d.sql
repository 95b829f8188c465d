alter table a add column y int;
