-- Deploy shop:schema to pg
BEGIN;
create schema shop;
COMMIT;
