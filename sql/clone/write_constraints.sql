-- The constraints that replication passes by (bgdb.silent_constraint) and that the clone built over its rows: as checked, which
-- `bgdb verify` renews, and as those that blue keeps itself (by identifier, since a migration may make another of the same name),
-- whose rows need no second look. Both for the gate "constraints".
-- Parameters: $1 tables (quoted, qualified), text[]. Result: none. Privilege: owner of schema bgdb. Lock: row. Versions: 14-18.
with built as (
  select coalesce(jsonb_agg(k.name), '[]') as names, coalesce(jsonb_agg(k.oid::text), '[]') as identifiers
  from unnest($1::text[]) as t(name)
  join bgdb.silent_constraint k on k.conrelid = t.name::regclass
)
insert into bgdb.fact (key, value, at)
select 'constraints', jsonb_build_object('checked', names, 'broken', '[]'::jsonb), clock_timestamp() from built
union all
select 'constraints.of_blue', identifiers, clock_timestamp() from built
on conflict (key) do update set value = excluded.value, at = excluded.at
