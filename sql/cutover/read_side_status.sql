-- Everything `bgdb status` shows about one side.
-- Parameters: $1 $2 names of the two slots. Result: one row. Privilege: pg_read_all_stats. Lock: ACCESS SHARE.
-- Versions: 14-18.
select s.role, s.epoch, to_char(s.since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since,
       extract(epoch from clock_timestamp() - s.since)::bigint as since_s,
       (select count(*) from pg_trigger t where t.tgname = 'bgdb_guard' and not t.tgisinternal
          and t.tgenabled <> 'D' and to_regclass('bgdb.serving') is null) as guards_on,
       (select count(*) from pg_trigger t where t.tgname = 'bgdb_guard' and not t.tgisinternal
          and (t.tgenabled = 'D' or to_regclass('bgdb.serving') is not null)) as guards_off,
       (select count(*) from bgdb.quarantine q where q.accepted_by is null) as quarantined,
       (select slot_name::text from pg_replication_slots r where r.slot_name in ($1, $2)
          and r.database = current_database() limit 1) as slot,
       (select coalesce(wal_status, 'unknown') || case when active then ', in use' else ', nobody reads it' end
        from pg_replication_slots r where r.slot_name in ($1, $2) and r.database = current_database() limit 1) as slot_state,
       (select coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::bigint
        from pg_replication_slots r where r.slot_name in ($1, $2) and r.database = current_database() limit 1) as retained
from bgdb.side s
