-- The forward link as the clone leaves it: created, at the slot's consistent point.
-- Parameters: $1 name, $2 slot (the publication has the same name), $3 source system identifier, $4 consistent point, $5 origin,
-- as the server calls it.
-- Result: none. Privilege: owner of schema bgdb. Lock: row. Versions: 14-18.
insert into bgdb.link (name, slot, publication, origin, source_system, start_lsn, state)
values ($1, $2, $2, $5, $3, $4::pg_lsn, 'created')
on conflict (name) do update
   set slot = excluded.slot, publication = excluded.publication, origin = excluded.origin,
       source_system = excluded.source_system, start_lsn = excluded.start_lsn, state = 'created', received_lsn = null,
       applied_lsn = null, lag_bytes = null, lag_ms = null, drain_ms = null, rows_applied = 0, transactions = 0,
       conflicts = 0, quarantined = 0, message = null, pid = null, beat_at = null
