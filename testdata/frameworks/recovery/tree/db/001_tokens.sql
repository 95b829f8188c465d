create tabel a (id int);
create table b (id int);
select 1 +;
create table c (id int);
