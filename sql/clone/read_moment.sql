-- Where a server stands now: one row.
-- Parameters: none. Result: database, taken_at (UTC), lsn, source_system. Privilege: none beyond CONNECT. Lock: none.
-- Versions: 14-18.
select current_database()::text as database,
       to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as taken_at,
       case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_insert_lsn() end::text as lsn,
       (select system_identifier::text from pg_control_system()) as source_system
