-- What a link's process published about itself, and the rows of it that nobody has accepted.
-- Parameters: $1 link. Result: one row, or none when the link was never set up. Privilege: SELECT on schema bgdb.
-- Lock: ACCESS SHARE. Versions: 14-18.
select l.state, l.lag_bytes, l.lag_ms, l.drain_ms, l.conflicts, coalesce(l.message, '') as message,
       (extract(epoch from clock_timestamp() - l.beat_at) * 1000)::bigint as age_ms,
       (select count(*) from bgdb.quarantine q where q.link = l.name and q.accepted_by is null) as held_rows,
       (select q.relation || ': ' || q.error from bgdb.quarantine q
        where q.link = l.name and q.accepted_by is null order by q.id limit 1) as held_example,
       (extract(epoch from clock_timestamp()
                - (select min(m.applied_at) from bgdb.marker m where m.link = l.name)) * 1000)::bigint as soaked_ms
from bgdb.link l
where l.name = $1
