-- Who is connected to this database, by application: what tells whether an old version is still there.
-- Parameters: $1 LIKE pattern of the old version's application_name. Result: one row per application and user; old: it
-- fits the pattern. application_name is visible to everybody.
-- Privilege: none. Lock: none. Versions: 14-18.
select coalesce(a.application_name, '') as application, coalesce(a.usename, '') as user_name, count(*) as sessions,
       to_char(min(a.backend_start) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC' as oldest,
       min(a.pid) as pid, string_agg(distinct coalesce(host(a.client_addr), 'local'), ', ') as hosts,
       $1 <> '' and coalesce(a.application_name, '') like $1 as old
from pg_stat_activity a
where a.datname = current_database() and a.backend_type = 'client backend' and coalesce(a.application_name, '') not like 'bgdb%'
group by 1, 2, 7
order by 7 desc, 3 desc, 1, 2
