-- Every relation outside the system's schemas, with the locks of one backend, its file and how often it was read in full; and
-- relations that backend still locks although they are gone.
-- Parameters: $1 int backend, $2 boolean scans of the running transaction (else the cumulative ones), $3 boolean waiting locks, too.
-- Result: one row per relation; `name` is null for one that is gone. `owner`: the table of an index, a sequence or a TOAST table.
-- Privilege: none. Lock: none. Versions: 14-18.
with held as (
  select l.relation as oid, pg_catalog.array_agg(distinct l.mode) as modes
  from pg_catalog.pg_locks l
  where l.locktype = 'relation' and l.mode <> 'SIReadLock' and l.pid = $1::int and (l.granted or $3::boolean)
    and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
  group by l.relation
), known as (
  select c.oid, n.nspname, c.relname, c.relkind, c.relfilenode, c.relpersistence,
         coalesce((select i.indrelid from pg_catalog.pg_index i where i.indexrelid = c.oid),
                  (select d.refobjid from pg_catalog.pg_depend d
                   where c.relkind = 'S' and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid
                     and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i') limit 1),
                  0::pg_catalog.oid) as owner
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'i', 'I') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
)
select coalesce(k.oid, h.oid)::text as oid,
       k.nspname as schema,
       k.relname as name,
       k.relkind::text as kind,
       k.relfilenode::text as file,
       k.owner::text as owner,
       coalesce(h.modes, '{}')::text[] as modes,
       case when k.relkind not in ('r', 'm', 'p') then 0
            when $2::boolean then pg_catalog.pg_stat_get_xact_numscans(k.oid)
            else pg_catalog.pg_stat_get_numscans(k.oid) end as scans
from known k full join held h on h.oid = k.oid
order by 1
