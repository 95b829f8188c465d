-- How far sequences have been drawn; those never used are left out. By the catalog and not sequence by sequence: a
-- statement that names 2,000 of them takes seconds to plan, and clients wait for this one.
-- Parameters: none. Result: schema, name, last_value, increment. Privilege: USAGE or SELECT on the sequences.
-- Lock: ACCESS SHARE on them for a moment. Versions: 14-18.
select * from (
  select n.nspname as schema, c.relname as name, pg_sequence_last_value(c.oid) as last_value, s.seqincrement as increment
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  join pg_sequence s on s.seqrelid = c.oid
  where c.relkind = 'S' and c.relpersistence <> 't'
    and n.nspname not in ('pg_catalog', 'information_schema', 'bgdb') and n.nspname not like 'pg\_%'
) drawn
where last_value is not null
