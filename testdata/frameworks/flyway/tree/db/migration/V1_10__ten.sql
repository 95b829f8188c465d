create table c (id bigint primary key);
