create table y (id int);
-- //@UNDO
drop table y;
