-- A step of the clone is done.
-- Parameters: $1 key, $2 value (JSON). Result: none. Privilege: owner of schema bgdb. Lock: row. Versions: 14-18.
insert into bgdb.fact (key, value, at) values ($1, $2::jsonb, clock_timestamp())
on conflict (key) do update set value = excluded.value, at = excluded.at
