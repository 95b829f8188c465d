-- How far an incoming link has come: what it wrote down in its last transaction. The origin is asked as well: it flushes
-- what that transaction wrote, and a link whose origin is new has applied nothing. From 16 on the origin may be ahead,
-- by a transaction that was rolled back.
-- Parameters: $1 origin, $2 its name on the server. Result: one row, lsn (null: nothing yet). Privilege: EXECUTE on the function, owner of schema
-- bgdb. Lock: none. Versions: 14-18.
select case when origin.lsn is not null then
         least(origin.lsn, (select max(p.lsn) from bgdb.progress p where p.origin = $1))
       end as lsn
  from (select pg_replication_origin_progress($2, true) as lsn) origin
