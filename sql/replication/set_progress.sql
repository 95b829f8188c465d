-- Sets how far an incoming link has come. REQUIRES: a transaction, and that nobody uses the origin.
-- Parameters: $1 origin, $2 position, $3 the origin's name on the server. Result: none of interest. Privilege: EXECUTE on the function, owner of schema
-- bgdb. Lock: rows. Versions: 14-18.
with forgotten as (delete from bgdb.progress where origin = $1),
     kept as (insert into bgdb.progress (origin, lsn) values ($1, $2::pg_lsn))
select pg_replication_origin_advance($3, $2::pg_lsn)
