-- What a link says about itself, about once a second.
-- Parameters: 1 link, 2 state, 3 received, 4 applied, 5 lag_bytes, 6 lag_ms, 7 drain_ms, 8 rows, 9 transactions, 10 conflicts,
-- 11 message, 12 pid. Result: none. Privilege: UPDATE on bgdb.link. Lock: row of bgdb.link. Versions: 14-18.
update bgdb.link
set state = $2, received_lsn = $3::pg_lsn, applied_lsn = $4::pg_lsn, lag_bytes = $5::bigint,
    lag_ms = $6::double precision, drain_ms = $7::double precision, rows_applied = $8::bigint,
    transactions = $9::bigint, conflicts = $10::bigint, message = $11, pid = $12::integer,
    quarantined = (select count(*) from bgdb.quarantine q where q.link = $1 and q.accepted_by is null),
    beat_at = clock_timestamp()
where name = $1
