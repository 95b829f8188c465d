-- Who approved the next switch away from this side (`bgdb approve`).
-- Parameters: none. Result: approved_by, this_epoch, age_ms, or no row. Privilege: SELECT on schema bgdb. Lock: none.
-- Versions: 14-18.
select f.value ->> 'by' as approved_by, coalesce((f.value ->> 'epoch')::bigint = s.epoch, false) as this_epoch,
       greatest(0, extract(epoch from clock_timestamp() - f.at) * 1000)::bigint as age_ms
from bgdb.fact f cross join bgdb.side s
where f.key = 'approval'
