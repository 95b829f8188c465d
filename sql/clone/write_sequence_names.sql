-- What green's sequences are called when the clone is complete: a migration may rename them, and their object identifiers
-- stay, as long as it is this database (sql/cutover/list_renamed_sequences.sql).
-- Parameters: none. Result: none. Privilege: INSERT, UPDATE on bgdb.fact. Lock: row. Versions: 14-18.
insert into bgdb.fact (key, value)
select 'clone.sequences', jsonb_build_object(
         'database', (select d.oid::text from pg_database d where d.datname = current_database()),
         'called', coalesce(jsonb_object_agg(c.oid::text, jsonb_build_array(n.nspname, c.relname)), '{}'))
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'S' and c.relpersistence <> 't'
  and n.nspname not in ('pg_catalog', 'information_schema', 'bgdb') and n.nspname not like 'pg\_%'
on conflict (key) do update set value = excluded.value, at = clock_timestamp()
