-- How far a file that runs statement by statement has come.
-- Parameters: $1 key, $2 value (JSON). Result: none. Privilege: owner of schema bgdb. Lock: row. Versions: 14-18.
insert into bgdb.fact (key, value) values ($1, $2::jsonb)
on conflict (key) do update set value = excluded.value, at = clock_timestamp()
