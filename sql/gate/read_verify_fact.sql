-- What the last complete `bgdb verify` found, and how long ago.
-- Parameters: none. Result: state text, rows bigint, chunks_left_out bigint, age_ms bigint. Privilege: SELECT on bgdb.fact.
-- Lock: none. Versions: 14-18.
select value ->> 'state' as state, (value ->> 'rows')::bigint as rows, (value ->> 'chunks_left_out')::bigint as chunks_left_out,
       (extract(epoch from clock_timestamp() - at) * 1000)::bigint as age_ms
from bgdb.fact where key = 'verify'
