-- The oldest client transaction of this database, bgdb's own left out.
-- Parameters: $1 milliseconds. Result: count above it, age of the oldest, who. Privilege: pg_read_all_stats for the
-- details of other roles' sessions. Lock: none. Versions: 14-18.
select count(*) filter (where age_ms > $1::bigint) as above, coalesce(max(age_ms), 0) as oldest_ms,
       coalesce((array_agg(who order by age_ms desc))[1], '') as who
from (select (extract(epoch from clock_timestamp() - a.xact_start) * 1000)::bigint as age_ms,
             format('pid %s, user %s, application %s', a.pid, a.usename, coalesce(nullif(a.application_name, ''), '-')) as who
      from pg_stat_activity a
      where a.datid = (select oid from pg_database where datname = current_database())
        and a.backend_type = 'client backend' and a.xact_start is not null and a.pid <> pg_backend_pid()
        and a.application_name not like 'bgdb%') open
