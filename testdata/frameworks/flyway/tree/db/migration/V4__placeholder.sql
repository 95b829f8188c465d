create table ${schema}.t (id int);
insert into ${schema}.t values (1);
