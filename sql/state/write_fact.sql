-- A fact that a command leaves behind, so that it can be continued or judged later (docs/design/state.md).
-- Parameters: $1 key, $2 value (JSON). Result: none. Privilege: INSERT, UPDATE on bgdb.fact. Lock: row. Versions: 14-18.
insert into bgdb.fact (key, value, at) values ($1, $2::jsonb, clock_timestamp())
on conflict (key) do update set value = excluded.value, at = excluded.at
