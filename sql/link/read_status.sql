-- What a link said about itself, and how long ago by the server's own clock.
-- Parameters: 1 link. Result: one row or none. Privilege: SELECT on bgdb.link. Lock: none. Versions: 14-18.
select slot, publication, origin, source_system, start_lsn, state, received_lsn, applied_lsn, lag_bytes, lag_ms, drain_ms,
       rows_applied, transactions, conflicts, coalesce(message, '') as message,
       (select count(*) from bgdb.quarantine q where q.link = l.name and q.accepted_by is null) as quarantined,
       (extract(epoch from clock_timestamp() - beat_at) * 1000)::bigint as age_ms
from bgdb.link l
where name = $1
