--! Previous: -
--! Hash: sha1:aaa

create schema :APP_SCHEMA;
create table :APP_SCHEMA.a (id int);
