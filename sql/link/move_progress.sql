-- How far the link has come, committed with what was applied. The origin names it in the commit record; the row is what
-- counts, because from 16 on an origin moves with a transaction that is rolled back, too. The row also gives the
-- transaction an identifier: without one COMMIT would not move the origin.
-- Parameters: $1 origin, $2 position, $3 time of the commit on the source (microseconds since 2000). Result: none of
-- interest. Privilege: EXECUTE on the function, owner of schema bgdb. Lock: none. Versions: 14-18.
with kept as (insert into bgdb.progress (origin, lsn) values ($1, $2::pg_lsn))
select pg_replication_origin_xact_setup(
         $2::pg_lsn, timestamptz '2000-01-01 00:00:00+00' + $3::bigint * interval '1 microsecond')
