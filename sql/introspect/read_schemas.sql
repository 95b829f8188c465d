-- Schemas and extensions (plpgsql, which every database has, left out).
-- Parameters: $1 text[] schemas to leave out. Result: kind s | e, name. Privilege: none. Lock: none. Versions: 14-18.
select 's' as kind, n.nspname as name
from pg_namespace n
where n.nspname <> all ($1::text[]) and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
union all
select 'e', x.extname from pg_extension x where x.extname <> 'plpgsql'
order by 1, 2
