-- The foreign keys that the clone validated, as the fact that `bgdb verify` renews and the gate "foreign keys" reads.
-- Parameters: $1 tables (quoted, qualified), text[]. Result: none. Privilege: owner of schema bgdb. Lock: row. Versions: 14-18.
insert into bgdb.fact (key, value, at)
select 'foreign_keys', jsonb_build_object('checked', coalesce(jsonb_agg(format('%I.%I.%I', n.nspname, c.relname, k.conname)), '[]'),
                                          'broken', '[]'::jsonb), clock_timestamp()
from unnest($1::text[]) as t(name)
join pg_constraint k on k.conrelid = t.name::regclass and k.contype = 'f' and k.conparentid = 0 and k.convalidated
join pg_class c on c.oid = k.conrelid
join pg_namespace n on n.oid = c.relnamespace
on conflict (key) do update set value = excluded.value, at = excluded.at
