-- A migration file has run. A repeatable file that ran again replaces its row.
-- Parameters: $1 version, $2 file, $3 phase, $4 checksum, $5 by, $6 duration in ms, $7 side (blue, green, or empty). Result: none.
-- Privilege: owner of schema bgdb. Lock: row. Versions: 14-18.
insert into bgdb.schema_versions (version, file, phase, checksum, by, duration_ms, side)
values ($1, $2, $3, $4, $5, $6::bigint, $7)
on conflict (file, phase) do update
set checksum = excluded.checksum, by = excluded.by, at = clock_timestamp(), duration_ms = excluded.duration_ms,
    side = excluded.side
