-- Every record whose hash, predecessor or number is not what it must be; the first five.
-- Parameters: none. Result: total, seq, problem (one row with seq NULL when all is well). Privilege: SELECT on
-- bgdb.journal. Lock: ACCESS SHARE. Versions: 14-18.
with chain as (
  select seq, previous, hash,
         encode(sha256(convert_to(jsonb_build_array(seq, extract(epoch from at)::numeric(20, 3), actor, host, command,
                                                    step, detail, previous)::text, 'UTF8')), 'hex') as expected,
         coalesce(lag(hash) over (order by seq), 'genesis') as hash_before,
         coalesce(lag(seq) over (order by seq), 0) as seq_before
  from bgdb.journal
), problems as (
  select seq, case when seq <> seq_before + 1 then 'records before it are missing'
                   when previous <> hash_before then 'it does not follow the record before it'
                   else 'its content was changed' end as problem
  from chain
  where seq <> seq_before + 1 or previous <> hash_before or hash <> expected
)
select (select count(*) from bgdb.journal) as total, p.seq, p.problem
from (select 1) one left join (select * from problems order by seq limit 5) p on true
order by p.seq
