-- Tables whose rows are complete on green, and up to where on blue they hold everything.
-- Parameters: none. Result: schema, name, as_of, rows, bytes. Privilege: SELECT on bgdb.fact. Lock: none. Versions: 14-18.
select value->>'schema' as schema, value->>'name' as name, value->>'as_of' as as_of,
       (value->>'rows')::bigint as rows, (value->>'bytes')::bigint as bytes
  from bgdb.fact
 where key like 'clone.table:%'
