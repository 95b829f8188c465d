create table a (id int);
create table schema_migrations (version varchar primary key);
