\set ON_ERROR_STOP on
BEGIN;
\i common.sql
create table shop.orders (id int);
COMMIT;
