BEGIN;
alter table shop.users add column mail text;
COMMIT;
