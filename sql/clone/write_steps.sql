-- Facts of a clone, many at once, in the transaction that did what they say.
-- Parameters: $1 keys text[], $2 values text[] (JSON). Result: none. Privilege: INSERT, UPDATE on bgdb.fact. Lock: rows.
-- Versions: 14-18.
insert into bgdb.fact (key, value)
select s.key, s.value::jsonb from unnest($1::text[], $2::text[]) as s(key, value)
on conflict (key) do update set value = excluded.value, at = clock_timestamp()
