insert into b values ('it's');
create table d (id int);
alter table d add column x text default 'a';
