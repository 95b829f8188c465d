-- Remembers the fingerprint of the schema that the running mapping is derived from.
-- Parameters: $1 fingerprint. Result: none. Privilege: INSERT, UPDATE on bgdb.fact. Lock: none on user tables.
-- Versions: 14-18.
insert into bgdb.fact (key, value) values ('sync.schema', jsonb_build_object('fingerprint', $1::text))
on conflict (key) do update set value = excluded.value, at = clock_timestamp()
