-- The tables a switch locks and guards: those of a publication, partition roots and leaves, in the order of locking.
-- Parameters: $1 publication. Result: schema, name, guard (NULL none, else pg_trigger.tgenabled). Privilege: none.
-- Lock: ACCESS SHARE on catalogs. Versions: 14-18.
select distinct n.nspname as schema, c.relname as name, g.tgenabled as guard
from pg_publication p
join pg_publication_rel r on r.prpubid = p.oid
cross join lateral (select r.prrelid as relid union select t.relid from pg_partition_tree(r.prrelid::regclass) t) tree
join pg_class c on c.oid = tree.relid and c.relkind in ('r', 'p')
join pg_namespace n on n.oid = c.relnamespace
left join pg_trigger g on g.tgrelid = c.oid and g.tgname = 'bgdb_guard' and not g.tgisinternal
where p.pubname = $1
order by n.nspname, c.relname
