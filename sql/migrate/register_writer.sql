-- The guard lets exactly this session write from now on.
-- Parameters: none. Result: none. Privilege: owner of schema bgdb. Lock: row of bgdb.side. Versions: 14-18.
update bgdb.side
set writer_pid = pg_backend_pid(),
    writer_started = (select a.backend_start from pg_stat_activity a where a.pid = pg_backend_pid())
