BEGIN;
create table shop.users (id int);
COMMIT;
