-- Indexes of a table that a failed CREATE INDEX CONCURRENTLY or REINDEX CONCURRENTLY left behind.
-- Parameters: $1 table as text, $2 index name or empty for all. Result: schema, name.
-- Privilege: none. Lock: none on user tables. Versions: 14-18.
select n.nspname as schema, c.relname as name
from pg_index i
join pg_class c on c.oid = i.indexrelid
join pg_namespace n on n.oid = c.relnamespace
where i.indrelid = to_regclass($1) and not i.indisvalid and c.relkind = 'i' and ($2 = '' or c.relname = $2)
order by c.oid
