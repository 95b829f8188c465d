-- Backfills that run or were interrupted.
-- Parameters: none. Result: key, table, pass, rows, walked, total, rate, at, age_ms. Privilege: owner of schema bgdb. Lock: none. Versions: 14-18.
select f.key, f.value ->> 'of' as "table", (f.value ->> 'pass')::int as pass, (f.value ->> 'rows')::bigint as rows,
       (f.value ->> 'walked')::bigint as walked, (f.value ->> 'total')::bigint as total,
       coalesce(f.value ->> 'rate', '0') as rate, (extract(epoch from clock_timestamp() - f.at) * 1000)::bigint as age_ms,
       to_char(f.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC' as at
from bgdb.fact f
where f.value ? 'work' and (f.key like 'migrate:%#%' or f.key like 'backfill:%')
order by f.key
