-- What a backfill gives way to: replication that falls behind, sessions at work, a person who said "pause".
-- Parameters: none. Result: lag_bytes and lag_who (the reader that is furthest behind), active (client sessions at work
-- but ours), connections_max, idle_slot and idle_bytes (a slot nobody reads that keeps WAL), paused.
-- Privilege: pg_monitor to see standbys without a slot and others' sessions. Lock: none. Versions: 14-18.
with readers as (
  select s.slot_name::text as who, pg_wal_lsn_diff(pg_current_wal_insert_lsn(), coalesce(s.confirmed_flush_lsn, s.restart_lsn)) as bytes,
         s.active
  from pg_replication_slots s
  union all
  select coalesce(nullif(r.application_name, ''), 'pid ' || r.pid), pg_wal_lsn_diff(pg_current_wal_insert_lsn(), r.replay_lsn), true
  from pg_stat_replication r
  where r.replay_lsn is not null
),
behind as (select who, bytes from readers where active and bytes is not null order by bytes desc limit 1),
idle as (select who, bytes from readers where not active and bytes is not null order by bytes desc limit 1)
select coalesce((select bytes from behind), 0)::bigint as lag_bytes,
       coalesce((select who from behind), '') as lag_who,
       (select count(*) from pg_stat_activity a
        where a.state = 'active' and a.backend_type = 'client backend' and a.pid <> pg_backend_pid()
          and coalesce(a.application_name, '') not like 'bgdb%') as active,
       current_setting('max_connections')::int as connections_max,
       coalesce((select who from idle), '') as idle_slot,
       coalesce((select bytes from idle), 0)::bigint as idle_bytes,
       exists (select from bgdb.fact f where f.key = 'backfill.pause') as paused
