-- Throwaway databases of rehearsals: those that a killed run left, and those kept on purpose.
-- Parameters: $1 prefix of their names. Result: name, kept, sessions (of clients), made (what its mark says).
-- Privilege: none. Lock: none. Versions: 14-18.
select d.datname as name, coalesce(shobj_description(d.oid, 'pg_database'), '') like '%: kept by %' as kept,
       (select count(*) from pg_stat_activity a where a.datid = d.oid and a.backend_type = 'client backend') as sessions,
       coalesce(shobj_description(d.oid, 'pg_database'), '') as made
from pg_database d
where starts_with(d.datname, $1)
order by d.datname
