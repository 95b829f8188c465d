-- The tables of a name that the current role may read, with their columns: where runners of migrations keep their history.
-- Parameters: $1 names text[]. Result: schema, name, columns text[]. Privilege: none. Lock: none. Versions: 14-18.
select n.nspname as schema, c.relname as name,
       array(select a.attname from pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where c.relname = any ($1::text[]) and c.relkind in ('r', 'p')
   and has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')
 order by 1, 2
