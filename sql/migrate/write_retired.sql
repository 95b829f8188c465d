-- The old version is declared retired, for the contract files that wait now.
-- Parameters: $1 application_name pattern, $2 who, $3 files (JSON array). Result: none.
-- Privilege: owner of schema bgdb. Lock: row. Versions: 14-18.
insert into bgdb.fact (key, value)
values ('migrate.retired', jsonb_build_object('old_version', $1::text, 'by', $2::text, 'files', $3::jsonb))
on conflict (key) do update set value = excluded.value, at = clock_timestamp()
