-- Materialized views that hold rows: replication does not refresh them, so they hold what they held when they were last
-- refreshed on this server.
-- Parameters: none. Result: views (text, at most five by name, NULL: none). Privilege: none. Lock: none. Versions: 14-18.
select string_agg(format('%I.%I', schemaname, matviewname), ', ' order by schemaname, matviewname) filter (where at <= 5)
       || case when count(*) > 5 then format(' and %s more', count(*) - 5) else '' end as views
from (select schemaname, matviewname, row_number() over (order by schemaname, matviewname) as at
        from pg_matviews where ispopulated) as v
