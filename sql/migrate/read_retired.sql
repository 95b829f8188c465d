-- What was declared about the old version.
-- Parameters: none. Result: old_version, by, files (JSON array), at, age_ms; none when nothing was declared.
-- Privilege: owner of schema bgdb. Lock: none. Versions: 14-18.
select f.value ->> 'old_version' as old_version, f.value ->> 'by' as by, f.value ->> 'files' as files,
       to_char(f.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC' as at,
       (extract(epoch from clock_timestamp() - f.at) * 1000)::bigint as age_ms
from bgdb.fact f
where f.key = 'migrate.retired'
