-- Other tables whose foreign keys lead, directly or over others, to these: TRUNCATE wants them named.
-- Parameters: $1 tables (quoted, qualified), text[]. Result: schema, name. Privilege: none. Lock: none. Versions: 14-18.
with recursive reached as (
  select name::regclass::oid as oid from unnest($1::text[]) as t(name)
  union
  select k.conrelid from reached join pg_constraint k on k.confrelid = reached.oid and k.contype = 'f'
)
select n.nspname as schema, c.relname as name
from reached join pg_class c on c.oid = reached.oid join pg_namespace n on n.oid = c.relnamespace
where reached.oid not in (select name::regclass::oid from unnest($1::text[]) as t(name))
order by 1, 2
