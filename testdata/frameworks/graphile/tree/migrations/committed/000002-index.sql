--! Previous: sha1:aaa
--! Hash: sha1:bbb
--! no-transaction

create index concurrently i on :APP_SCHEMA.a (id);
