-- Enter migration here
alter table :APP_SCHEMA.a add column "x" int default :'DEF';
