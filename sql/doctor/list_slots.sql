-- Replication slots that are in danger, or keep log for nobody.
-- Parameters: $1 least bytes kept by an inactive slot that are worth a word. Result: name, active, wal_status, retained.
-- Privilege: none. Lock: none. Versions: 14-18.
select s.slot_name::text as name, s.active, coalesce(s.wal_status, '') as wal_status,
       coalesce(pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end,
                                s.restart_lsn), 0)::bigint as retained
  from pg_replication_slots s
 where not s.temporary
   and (s.wal_status in ('unreserved', 'lost') or (not s.active and coalesce(pg_wal_lsn_diff(
          case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end, s.restart_lsn), 0) >= $1::bigint))
 order by 1
