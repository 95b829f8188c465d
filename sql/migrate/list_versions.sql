-- The migration files that have run, and their runs.
-- Parameters: none. Result: file, by, at, duration_ms. Privilege: owner of schema bgdb. Lock: none. Versions: 14-18.
select v.file, v.by, to_char(v.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC' as at, v.duration_ms
from bgdb.schema_versions v
