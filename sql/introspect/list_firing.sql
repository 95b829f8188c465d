-- Triggers and rules that act while replication writes (ENABLE ALWAYS or REPLICA): what they write comes on top of what the
-- other side sends. bgdb's own left out.
-- Parameters: $1 schemas, $2 names of tables (text[], in step; partitions belong to their roots), $3 accepted names (text[]).
-- Result: name (schema.table.trigger), kind (trigger | rule), table_schema, table_name, cure (a statement), ordered by name.
-- Privilege: none. Lock: ACCESS SHARE on catalogs. Versions: 14-18.
with tables as (
  select distinct t.relid from unnest($1::text[], $2::text[]) as w(schema, name)
  join pg_namespace n on n.nspname = w.schema
  join pg_class c on c.relnamespace = n.oid and c.relname = w.name
  cross join lateral (select c.oid as relid union select relid::oid from pg_partition_tree(c.oid)) t
), firing as (
  select t.tgrelid as relid, t.tgname::text as name, 'trigger' as kind
  from pg_trigger t join tables on tables.relid = t.tgrelid
  where not t.tgisinternal and t.tgenabled in ('A', 'R') and t.tgname !~ '^(zz_)?bgdb_'
    -- A partition's copy of its root's is told once.
    and not exists (select from pg_trigger p where p.oid = t.tgparentid and p.tgenabled in ('A', 'R'))
  union all
  select r.ev_class, r.rulename::text, 'rule'
  from pg_rewrite r join tables on tables.relid = r.ev_class
  where r.ev_enabled in ('A', 'R') and r.ev_type <> '1'
)
select format('%s.%s.%s', n.nspname, c.relname, f.name) as name, f.kind, n.nspname::text as table_schema,
       c.relname::text as table_name, format('alter table %I.%I enable %s %I', n.nspname, c.relname, f.kind, f.name) as cure
from firing f join pg_class c on c.oid = f.relid join pg_namespace n on n.oid = c.relnamespace
where format('%s.%s.%s', n.nspname, c.relname, f.name) <> all ($3::text[])
order by 1
