create table c (id int);
---- down migration
drop table c;
