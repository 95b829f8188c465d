-- Sequences of green that were called otherwise when they were cloned, whoever bears their old names now. In a copy of that
-- database the identifiers are others.
-- Parameters: none. Result: old_schema, old_name, schema, name. Privilege: SELECT on bgdb.fact. Lock: none. Versions: 14-18.
select s.called ->> 0 as old_schema, s.called ->> 1 as old_name, n.nspname as schema, c.relname as name
from bgdb.fact f
join pg_database d on d.datname = current_database() and d.oid::text = f.value ->> 'database'
cross join lateral jsonb_each(f.value -> 'called') as s(oid, called)
join pg_class c on c.oid = s.oid::oid and c.relkind = 'S'
join pg_namespace n on n.oid = c.relnamespace
where f.key = 'clone.sequences' and (n.nspname, c.relname) <> (s.called ->> 0, s.called ->> 1)
