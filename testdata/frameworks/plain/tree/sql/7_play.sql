# --- !Ups
create table p (id int);
# --- !Downs
drop table p;
