-- What this side knows of the one that sends to it by the reverse link.
-- Parameters: none. Result: one row or none. Privilege: SELECT on schema bgdb. Lock: ACCESS SHARE. Versions: 14-18.
select applied_lsn::text as applied_lsn, state, message, lag_bytes, conflicts,
       coalesce(extract(epoch from clock_timestamp() - beat_at), 0)::bigint as age_s,
       (select count(*) from bgdb.quarantine q where q.link = l.name and q.accepted_by is null) as quarantined
from bgdb.link l
where name = 'reverse'
