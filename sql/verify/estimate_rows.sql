-- About how many rows a table has, by the planner's statistics; partitions together.
-- Parameters: $1 table (regclass text). Result: rows bigint, -1 when it was never analysed. Privilege: none. Lock: none on
-- user tables. Versions: 14-18.
select coalesce(sum(c.reltuples) filter (where c.reltuples >= 0), -1)::bigint as rows
from pg_class c
where c.oid in (select relid from pg_partition_tree($1::regclass) where isleaf union select $1::regclass)
  and c.relkind in ('r', 'm', 'f')
