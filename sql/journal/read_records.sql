-- The newest records, oldest first.
-- Parameters: $1 how many (0 = all). Result: the records. Privilege: SELECT on bgdb.journal. Lock: ACCESS SHARE.
-- Versions: 14-18.
select seq, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, actor, host, command, step,
       detail::text as detail, previous, hash
from (select * from bgdb.journal order by seq desc limit nullif($1::bigint, 0)) newest
order by seq
