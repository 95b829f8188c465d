create table t (id int primary key);
alter table t add column x int default 5;
-- bgdb: phase=contract
do $$ begin execute 'drop table t'; end $$;
\copy t from stdin
