-- +migrate Down
drop table b;

-- +migrate Up
create table b (id int);
