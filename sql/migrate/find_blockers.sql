-- Who holds what another session waits for.
-- Parameters: $1 pid of the waiting session. Result: one row per blocker, longest transaction first.
-- Privilege: pg_read_all_stats to see other users' queries. Lock: none. Versions: 14-18.
select a.pid,
       coalesce(a.usename, 'background') as user_name,
       coalesce(a.application_name, '') as application,
       coalesce(a.state, '') as state,
       coalesce(round(extract(epoch from clock_timestamp() - a.xact_start))::bigint, 0) as transaction_s,
       coalesce(to_char(a.query_start at time zone 'UTC', 'HH24:MI:SS') || ' UTC', '?') as query_start,
       coalesce(left(regexp_replace(a.query, '\s+', ' ', 'g'), 120), '') as query
from pg_stat_activity a
where a.pid = any (pg_blocking_pids($1::int))
order by a.xact_start
