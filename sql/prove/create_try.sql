-- A function that runs a statement and undoes it.
-- Parameters: none. Result: pg_temp.bgdb_try(statement) returns null, or the error's code and text.
-- Privilege: TEMPORARY on the database. Lock: none. Versions: 14-18.
create or replace function pg_temp.bgdb_try(statement text) returns text language plpgsql as $try$
begin
  execute statement;
  set constraints all immediate;
  raise exception using errcode = 'BG000', message = 'undone';
exception
  when sqlstate 'BG000' then return null;
  when others then return sqlstate || ' ' || sqlerrm;
end $try$
