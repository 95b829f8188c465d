-- The links whose target this database is.
-- Parameters: none. Result: a row per link. Privilege: SELECT on schema bgdb. Lock: ACCESS SHARE. Versions: 14-18.
select name, state, lag_bytes, lag_ms, drain_ms, rows_applied, conflicts, coalesce(message, '') as message,
       (extract(epoch from clock_timestamp() - beat_at) * 1000)::bigint as age_ms
from bgdb.link
order by name
