-- the next line is no marker
-- no-transaction
alter table a add column x int;
