-- Settings and states of a server that can end a slot or a switch: one row.
-- Parameters: none. Result: slot_keep_mb (-1: no limit), slot_idle_timeout (0 or null: none; 18), lock_room, tables,
-- prepared, prepared_example, long_ms, long_who, long_pid (the oldest client transaction; 0: none).
-- Privilege: pg_read_all_stats for other roles' sessions. Lock: none. Versions: 14-18.
select (select setting::bigint from pg_settings where name = 'max_slot_wal_keep_size') as slot_keep_mb,
       (select nullif(setting, '0') || coalesce(unit, '') from pg_settings where name = 'idle_replication_slot_timeout')
         as slot_idle_timeout,
       current_setting('max_locks_per_transaction')::bigint
         * (current_setting('max_connections')::bigint + current_setting('max_prepared_transactions')::bigint) as lock_room,
       (select count(*) from pg_class where relkind in ('r', 'p') and relnamespace in
          (select oid from pg_namespace where nspname !~ '^(pg_|information_schema$|bgdb$)')) as tables,
       (select count(*) from pg_prepared_xacts where database = current_database()) as prepared,
       (select coalesce(min(gid), '') from pg_prepared_xacts where database = current_database()) as prepared_example,
       coalesce((extract(epoch from clock_timestamp() - long.xact_start) * 1000)::bigint, 0) as long_ms,
       coalesce(format('pid %s, user %s, application %s', long.pid, long.usename,
                       coalesce(nullif(long.application_name, ''), '-')), '') as long_who,
       coalesce(long.pid, 0) as long_pid
  from (select 1) one
  left join lateral (
    select a.xact_start, a.pid, a.usename, a.application_name from pg_stat_activity a
     where a.datid = (select oid from pg_database where datname = current_database())
       and a.backend_type = 'client backend' and a.xact_start is not null and a.pid <> pg_backend_pid()
       and a.application_name not like 'bgdb%'
     order by a.xact_start limit 1) long on true
