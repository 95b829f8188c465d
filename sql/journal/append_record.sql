-- Appends one record to the chain. REQUIRES: the advisory lock of the journal is held by this transaction.
-- Parameters: $1 actor, $2 host, $3 command, $4 step, $5 detail (JSON). Result: the record.
-- Privilege: INSERT and SELECT on bgdb.journal. Lock: ROW EXCLUSIVE on it. Versions: 14-18.
with last as (
  select seq, hash from bgdb.journal order by seq desc limit 1
), fields as (
  select coalesce((select seq from last), 0) + 1 as seq,
         date_trunc('milliseconds', clock_timestamp()) as at,
         $1::text as actor, $2::text as host, $3::text as command, $4::text as step, $5::jsonb as detail,
         coalesce((select hash from last), 'genesis') as previous
)
insert into bgdb.journal (seq, at, actor, host, command, step, detail, previous, hash)
select seq, at, actor, host, command, step, detail, previous,
       encode(sha256(convert_to(jsonb_build_array(seq, extract(epoch from at)::numeric(20, 3), actor, host, command, step,
                                                  detail, previous)::text, 'UTF8')), 'hex')
from fields
returning seq, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, actor, host, command, step,
          detail::text as detail, previous, hash
