-- Bytes of these tables' heaps, in the order given.
-- Parameters: $1 quoted names text[]. Result: bytes (0: no such table). Privilege: none. Lock: ACCESS SHARE for a moment.
-- Versions: 14-18.
select coalesce(pg_relation_size(to_regclass(t.name)), 0) as bytes
  from unnest($1::text[]) with ordinality as t(name, number)
 order by t.number
