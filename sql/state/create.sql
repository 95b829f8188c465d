-- Creates everything bgdb keeps in a database. Idempotent.
-- Parameters: none. Result: none. Privilege: CREATE on the database. Lock: none on user tables. Versions: 14-18.
create schema if not exists bgdb;

-- Who is this side? One row. Written by clone (standby), sync (active) and the switch; the only fact that says who serves.
create table if not exists bgdb.side (
  only_row  boolean primary key default true check (only_row),
  role      text not null check (role in ('active', 'standby', 'retired')),
  epoch     bigint not null,
  since     timestamptz not null default now(),
  by        text not null,
  -- A session of `bgdb migrate` that the guard lets pass (pid and start together name one session for ever).
  writer_pid     integer,
  writer_started timestamptz
);

-- Audit trail; append only, hash chain. Written by every command that changes something.
create table if not exists bgdb.journal (
  seq       bigint primary key,
  at        timestamptz not null default clock_timestamp(),
  actor     text not null,
  host      text not null,
  command   text not null,
  step      text not null,
  detail    jsonb not null default '{}',
  previous  text not null,
  hash      text not null
);

-- One row per incoming link, on its *target*. Written by the link about once a second; `beat_at` old = sample is stale.
create table if not exists bgdb.link (
  name            text primary key,           -- forward (blue -> green) | reverse (green -> blue)
  slot            text not null,
  publication     text not null,
  origin          text not null,
  source_system   text not null,              -- system identifier of the source
  start_lsn       pg_lsn not null,            -- consistent point of the slot
  state           text not null default 'created',  -- created | starting | streaming | stopped | failed
  received_lsn    pg_lsn,
  applied_lsn     pg_lsn,                     -- source position durable on the target
  lag_bytes       bigint,
  lag_ms          double precision,
  drain_ms        double precision,
  rows_applied    bigint not null default 0,
  transactions    bigint not null default 0,
  conflicts       bigint not null default 0,
  quarantined     bigint not null default 0,
  message         text,                       -- last error, or what it waits for
  pid             integer,                    -- of the bgdb process
  beat_at         timestamptz
);

-- Markers that came out of the stream: inserted in the very transaction that applied everything before it.
create table if not exists bgdb.marker (
  link       text not null,
  id         text not null,
  source_lsn pg_lsn not null,
  applied_at timestamptz not null default clock_timestamp(),
  primary key (link, id)
);

-- How far each incoming link has come, in the very transaction that applied what is before it: the highest position of an
-- origin counts. Appended to and emptied now and then, so that no old snapshot can make the next write slow. Replication
-- origins alone are not enough: from 16 on a rolled back transaction moves them as well (docs/decisions/016).
create table if not exists bgdb.progress (
  origin text not null,
  lsn    pg_lsn not null
);
do $$
begin
  -- A publication for all tables would refuse to empty it. Only once: the lock would wait for whoever reads it, and the
  -- link behind us.
  if (select relreplident from pg_class where oid = 'bgdb.progress'::regclass) <> 'f' then
    alter table bgdb.progress replica identity full;
  end if;
end
$$;

-- Rows that could not be translated. They hold the gate until someone accepts or repairs them.
create table if not exists bgdb.quarantine (
  id          bigint generated always as identity primary key,
  at          timestamptz not null default clock_timestamp(),
  link        text not null,
  source_lsn  pg_lsn not null,
  relation    text not null,
  operation   text not null,
  row_data    jsonb not null,
  error       text not null,
  accepted_by text
);
-- Rows of which a merged table has only some parts so far are looked up by their key (docs/design/split-and-merge.md).
create index if not exists quarantine_parts on bgdb.quarantine using hash ((row_data -> '$key')) where operation = 'part';

-- Migrations that ran on this database.
create table if not exists bgdb.schema_versions (
  version     text not null,
  file        text not null,
  phase       text not null default 'all',    -- all | expand | backfill | contract
  checksum    text not null,
  by          text not null,
  at          timestamptz not null default clock_timestamp(),
  duration_ms bigint not null,
  side        text not null default '',       -- blue | green: what the database was called then
  primary key (file, phase)
);
alter table bgdb.schema_versions add column if not exists side text not null default '';

-- Steps of clone, migrate, backfill, sync set-up that are done: key -> facts. Makes each of them resumable.
create table if not exists bgdb.fact (
  key   text primary key,
  value jsonb not null,
  at    timestamptz not null default clock_timestamp()
);

-- Constraints that a server keeps by triggers, which are silent where replication writes: foreign keys that claim to hold (not
-- NOT VALID), and unique and exclusion constraints that are DEFERRABLE; of a partition tree, the root's only.
create or replace view bgdb.silent_constraint as
select k.oid, k.conrelid, format('%I.%I.%I', n.nspname, c.relname, k.conname) as name
from pg_constraint k
join pg_class c on c.oid = k.conrelid
join pg_namespace n on n.oid = c.relnamespace
where k.conparentid = 0
  and (k.contype = 'f' and k.convalidated or k.contype in ('p', 'u', 'x') and k.condeferrable);

-- Who may not use anything else here still passes the guard and reads whom it protects.
grant usage on schema bgdb to public;
grant select on bgdb.side to public;

-- `bgdb.serving` exists exactly while role is active: in the same transaction, whoever changes the row.
-- It is a type without columns because its existence is a fact of the catalog: looked up in the cache, never by the
-- snapshot of a transaction, so that a REPEATABLE READ that began before the fence cannot miss it.
create or replace function bgdb.follow_role() returns trigger language plpgsql as $$
begin
  if tg_op <> 'DELETE' and new.role = 'active' then
    if to_regclass('bgdb.serving') is null then
      create type bgdb.serving as ();
    end if;
  elsif to_regclass('bgdb.serving') is not null then
    drop type bgdb.serving;
  end if;
  return null;
end
$$;
do $$
begin
  if not exists (select 1 from pg_trigger where tgrelid = 'bgdb.side'::regclass and tgname = 'follow_role') then
    create trigger follow_role after insert or update of role or delete on bgdb.side
      for each row execute function bgdb.follow_role();
    alter table bgdb.side enable always trigger follow_role;
    update bgdb.side set role = role;
  end if;
end
$$;

-- For a person who mends rows on the side that does not serve: the session passes the guards, and no link carries what it writes
-- (it bears the origin of `bgdb migrate`). Without it the link back would undo or double the row on the side that serves.
create or replace function bgdb.repair() returns text language plpgsql as $$
declare
  origin text := (select 'bgdb_migrate_' || d.oid from pg_database d where d.datname = current_database());
begin
  if to_regclass('bgdb.serving') is not null then
    raise exception 'this database is the active side: what is written here must reach the other one, write as usual';
  end if;
  perform set_config('session_replication_role', 'replica', false);
  if pg_replication_origin_oid(origin) is null then
    perform pg_replication_origin_create(origin);
  end if;
  perform pg_replication_origin_session_setup(origin);
  return 'this session passes the guards until it ends, and no link carries what it writes';
end
$$;

-- The guard, on every published table of both sides: refuses every client's write on a side that does not serve, and
-- costs the side that serves one look into the cache. Replication (session_replication_role = replica) does not fire it.
-- The session of `bgdb migrate` is let through by its identity, not by a setting anybody could make.
create or replace function bgdb.refuse_write() returns trigger stable language plpgsql as $$
declare
  side record;
begin
  if to_regclass('bgdb.serving') is not null then
    -- Publications name partitioned tables, so that TRUNCATE of a partition by its own name is not in the stream: told
    -- beside it. For TRUNCATE of the whole table the link hears both.
    if tg_op = 'TRUNCATE' and pg_partition_root(tg_relid) <> tg_relid then
      perform pg_logical_emit_message(true, 'bgdb', 'truncate:' || json_build_object(
        'partition', tg_relid::regclass::text, 'schema', rn.nspname, 'table', r.relname)::text)
         from pg_class r join pg_namespace rn on rn.oid = r.relnamespace where r.oid = pg_partition_root(tg_relid);
    end if;
    return null;
  end if;
  select s.role, s.epoch, s.writer_pid, s.writer_started into side from bgdb.side s;
  if side.writer_pid = pg_backend_pid()
     and side.writer_started = (select a.backend_start from pg_stat_activity a where a.pid = pg_backend_pid()) then
    return null;
  end if;
  -- An old snapshot may still say active.
  raise exception using
    errcode = '25006',
    message = format('cannot write to %I.%I: this database is the %s side (bgdb epoch %s)', tg_table_schema,
                     tg_table_name, coalesce(nullif(side.role, 'active'), 'standby'), coalesce(side.epoch, 0)),
    hint = 'The other side is active. Connect through the pooler, or ask "bgdb status" who serves.';
end
$$;
