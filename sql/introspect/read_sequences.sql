-- Sequences, with the column that owns them (serial: auto dependency, identity: internal one).
-- Parameters: $1 text[] schemas to leave out. Result: one row per sequence.
-- Privilege: none. Lock: none. Versions: 14-18.
select n.nspname as schema,
       c.relname as name,
       s.seqincrement as increment,
       t.typname as type,
       coalesce(on_.nspname, '') as table_schema,
       coalesce(o.relname, '') as table_name,
       coalesce(a.attname, '') as column_name,
       coalesce(d.deptype = 'i', false) as is_identity
from pg_sequence s
join pg_class c on c.oid = s.seqrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_type t on t.oid = s.seqtypid
left join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid and d.objsubid = 0
                     and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i')
left join pg_class o on o.oid = d.refobjid
left join pg_namespace on_ on on_.oid = o.relnamespace
left join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
where c.relpersistence <> 't'
  and n.nspname <> all ($1::text[]) and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  and not exists (select 1 from pg_depend e where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e')
order by n.nspname, c.relname
