-- A digest over everything that DDL of a migration could change and that replication or a mapping depends on: columns,
-- types, defaults, constraints, indexes, enum labels. Not: triggers (guards come and go), statistics, privileges.
-- Parameters: none; search_path must be empty, so that names print the same everywhere. Result: one text.
-- Privilege: none. Lock: none on user tables. Versions: 14-18.
with schemas as (
  select n.oid, n.nspname from pg_namespace n
  where n.nspname <> 'bgdb' and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
), line as (
  select format('column %s.%s %s %s %s %s %s %s %s', s.nspname, c.relname, c.relkind, c.relreplident, a.attname,
                format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity) as text
  from schemas s join pg_class c on c.relnamespace = s.oid and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c') and c.relpersistence <> 't'
  join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
  left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  union all
  select format('table %s.%s %s', s.nspname, c.relname, c.relkind)
  from schemas s join pg_class c on c.relnamespace = s.oid and c.relkind in ('r', 'p', 'f') and c.relpersistence <> 't'
  union all
  select format('constraint %s.%s %s %s', s.nspname, k.conname, k.conrelid::regclass, pg_get_constraintdef(k.oid))
  from schemas s join pg_constraint k on k.connamespace = s.oid and k.contype in ('c', 'u', 'p', 'f', 'x')
  union all
  select format('index %s %s', pg_get_indexdef(i.indexrelid), i.indisvalid)
  from schemas s join pg_class c on c.relnamespace = s.oid join pg_index i on i.indexrelid = c.oid
  union all
  select format('enum %s.%s %s %s', s.nspname, t.typname, e.enumsortorder, e.enumlabel)
  from schemas s join pg_type t on t.typnamespace = s.oid join pg_enum e on e.enumtypid = t.oid
)
select md5(coalesce(string_agg(text, E'\n' order by text collate "C"), '')) as fingerprint from line
