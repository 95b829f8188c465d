-- Bytes of these tables with their TOAST and their indexes.
-- Parameters: $1 tables (quoted, qualified), text[]. Result: one bigint. Privilege: none. Lock: none. Versions: 14-18.
with named as (
  select c.oid, c.reltoastrelid from unnest($1::text[]) as u(name) join pg_class c on c.oid = u.name::regclass
), part as (
  select oid from named
  union all select reltoastrelid from named where reltoastrelid <> 0
  union all select i.indexrelid from named join pg_index i on i.indrelid in (named.oid, named.reltoastrelid)
)
select coalesce(sum(pg_relation_size(oid)), 0)::bigint as bytes from part
