-- The most called statements of this database that read or write rows.
-- Parameters: none. Result: one row per statement, with $1 ... for its constants.
-- Privilege: pg_read_all_stats for those of other roles. Lock: none. Versions: 14-18, extension pg_stat_statements.
select s.query as query
from pg_stat_statements s
where s.dbid = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
  and s.query ~* '^\s*(select|insert|update|delete|with|merge)\M'
  and s.query !~* 'pg_catalog|information_schema|pg_stat|bgdb'
order by s.calls desc
limit 1000
