-- Which of these tables still have the file that this transaction's snapshot knows? TRUNCATE and rewriting ALTER TABLE give
-- a new one, in which an older snapshot sees no rows at all. Run in the snapshot, with the tables locked.
-- Parameters: $1 quoted names text[]. Result: number (1-based, in $1). Privilege: none. Lock: none beyond the caller's.
-- Versions: 14-18.
select t.number::bigint
  from unnest($1::text[]) with ordinality as t(name, number)
  join pg_class c on c.oid = to_regclass(t.name)
 where c.relfilenode = pg_relation_filenode(c.oid)
