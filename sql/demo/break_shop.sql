-- V2.0.0: what the new version of the application wants; the old version cannot live with it.
-- Parameters: none. Result: none. Privilege: owner of the tables. Lock: ACCESS EXCLUSIVE on customers and orders.
-- Versions: 14-18.
-- bgdb: reverse name=first_name || ' ' || last_name
alter table customers rename column email to email_address;

alter table orders alter column total_cents type bigint;

alter table customers add column first_name text, add column last_name text;
update customers set first_name = split_part(name, ' ', 1), last_name = substr(name, strpos(name, ' ') + 1);
alter table customers alter column first_name set not null, alter column last_name set not null;
alter table customers drop column name;

insert into app_schema (version) values (2) on conflict (only_row) do update set version = excluded.version;
