-- What the last complete `bgdb verify` found, and whether a migration ran on this side since.
-- Parameters: none. Result: state, age_ms, current; no row when there was none. Privilege: SELECT on schema bgdb.
-- Lock: ACCESS SHARE. Versions: 14-18.
select value ->> 'state' as state, (extract(epoch from clock_timestamp() - at) * 1000)::bigint as age_ms,
       at >= coalesce((select max(v.at) from bgdb.schema_versions v), '-infinity') as current
from bgdb.fact where key = 'verify'
