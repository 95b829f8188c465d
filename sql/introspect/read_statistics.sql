-- Extended statistics.
-- Parameters: $1 text[] schemas to leave out. Result: one row per statistics object.
-- Privilege: none. Lock: none on user tables. Versions: 14-18.
select n.nspname as schema, s.stxname as name, tn.nspname as table_schema, c.relname as table_name,
       array(select a.attname from unnest(s.stxkeys::int2[]) with ordinality k(attnum, position)
             join pg_attribute a on a.attrelid = s.stxrelid and a.attnum = k.attnum order by k.position)::text[] as columns
from pg_statistic_ext s
join pg_namespace n on n.oid = s.stxnamespace
join pg_class c on c.oid = s.stxrelid
join pg_namespace tn on tn.oid = c.relnamespace
where n.nspname <> all ($1::text[]) and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
order by 1, 2
