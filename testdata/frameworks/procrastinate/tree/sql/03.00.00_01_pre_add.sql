alter table jobs add column x int;
