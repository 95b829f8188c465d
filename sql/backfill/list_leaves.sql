-- The tables that hold the rows of a table: itself, or its partitions and children.
-- Parameters: $1 table as text. Result: schema, name, kind, rows_estimate, blocks, whole (it is the table itself, alone).
-- Privilege: none. Lock: AccessShareLock while sizes are read. Versions: 14-18.
with recursive tree (oid) as (
  select to_regclass($1)::oid
  union
  select i.inhrelid from pg_inherits i join tree on i.inhparent = tree.oid
)
select n.nspname as schema, c.relname as name, c.relkind::text as kind,
       greatest(c.reltuples, 0)::bigint as rows_estimate,
       case when c.relkind = 'f' then 0 else pg_relation_size(c.oid) / current_setting('block_size')::bigint end as blocks,
       (select count(*) from tree) = 1 as whole
from tree
join pg_class c on c.oid = tree.oid
join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm', 'v', 'f')
order by n.nspname, c.relname
