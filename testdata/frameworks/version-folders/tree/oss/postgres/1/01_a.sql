begin;
create table a (id bigint primary key);
commit;
