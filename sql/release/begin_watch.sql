-- The window of strategy shared begins, unless it has begun since the last migration before contract.
-- Parameters: none. Result: none. Privilege: owner of schema bgdb. Lock: row. Versions: 14-18.
insert into bgdb.fact (key, value, at) values ('release.watch', '{}', clock_timestamp())
on conflict (key) do update set at = excluded.at
where fact.at < (select max(v.at) from bgdb.schema_versions v where v.phase <> 'contract')
