alter table b add column y int;
alter table b add column z int