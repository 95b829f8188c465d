-- A digest over the columns that a mapping writes to, with the labels of their enums: another one means that the mapping
-- was derived for a schema of before. Indexes, constraints and defaults may change under a running link.
-- Parameters: $1 text[] schemas, $2 text[] names, in step. Result: one text. Privilege: none. Lock: none. Versions: 14-18.
select md5(coalesce(string_agg(format('%s.%s %s %s %s %s %s %s %s', wanted.schema, wanted.name, c.relkind, a.attname,
                                      a.atttypid::regtype, a.atttypmod, a.attnotnull, a.attgenerated, labels.list),
                               E'\n' order by wanted.schema collate "C", wanted.name collate "C", a.attname), '')) as digest
from unnest($1::text[], $2::text[]) as wanted (schema, name)
join pg_namespace n on n.nspname = wanted.schema
join pg_class c on c.relnamespace = n.oid and c.relname = wanted.name
join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join lateral (
  select string_agg(e.enumlabel, ',' order by e.enumsortorder) as list
  from pg_type t join pg_enum e on e.enumtypid in (t.oid, t.typelem) where t.oid = a.atttypid
) labels on true
