-- Rows of one table that no replication wrote, committed between two instants: on a guarded side there must be none.
-- Parameters: {{table}}; $1, $2 timestamptz. Result: one count. Privilege: SELECT. Lock: ACCESS SHARE. Versions: 14-18
-- (needs track_commit_timestamp = on).
select count(*)
from {{table}} t, lateral pg_xact_commit_timestamp_origin(t.xmin) written
where written.roident = 0 and written.timestamp > $1::timestamptz and written.timestamp < $2::timestamptz
