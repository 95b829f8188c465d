create table a (id int);

---- create above / drop below ----

drop table a;
