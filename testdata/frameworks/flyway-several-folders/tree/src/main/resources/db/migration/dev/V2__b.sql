create table b (id bigint primary key);
