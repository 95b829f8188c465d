-- The constraints that replication passes by and that the clone built over its rows (foreign keys, DEFERRABLE unique and exclusion
-- constraints), as the fact that `bgdb verify` renews and the gate "constraints" reads.
-- Parameters: $1 tables (quoted, qualified), text[]. Result: none. Privilege: owner of schema bgdb. Lock: row. Versions: 14-18.
insert into bgdb.fact (key, value, at)
select 'constraints', jsonb_build_object('checked', coalesce(jsonb_agg(format('%I.%I.%I', n.nspname, c.relname, k.conname)), '[]'),
                                          'broken', '[]'::jsonb), clock_timestamp()
from unnest($1::text[]) as t(name)
join pg_constraint k on k.conrelid = t.name::regclass and k.conparentid = 0
   and (k.contype = 'f' and k.convalidated or k.contype in ('p', 'u', 'x') and k.condeferrable)
join pg_class c on c.oid = k.conrelid
join pg_namespace n on n.oid = c.relnamespace
on conflict (key) do update set value = excluded.value, at = excluded.at
