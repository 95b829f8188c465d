-- What the recordings beside this file hold: for each protocol version every message, as a server sent it, one a line in hex.
--   psql -qAt -v version=4 -v streaming=parallel -v two_phase=on -f record.sql > protocol_4.hex
-- on an empty database of a server with wal_level = logical, max_prepared_transactions > 0 and logical_decoding_work_mem =
-- '64kB' (a transaction of 400 rows is streamed then).
-- Recorded: versions 1 to 3 on 15 (streaming on; two_phase on for 3), version 4 on 18.4.
create type mood as enum ('fine', 'bad');
create table t (id int primary key, v text, m mood);
alter table t alter v set storage external;
create table f (a int, b text);
alter table f replica identity full;
create publication p for table t, f;
select pg_create_logical_replication_slot('record', 'pgoutput', false, :version >= 3) \g /dev/null

begin;
insert into t values (1, 'one', 'fine'), (2, null, 'bad'), (3, repeat('x', 3000), null);
update t set v = 'uno' where id = 1;
update t set m = 'fine' where id = 3;  -- its large value is not sent
update t set id = 20 where id = 2;
delete from t where id = 1;
insert into f values (1, 'a');
update f set b = 'b';
delete from f;
select pg_logical_emit_message(true, 'bgdb', 'inside') \g /dev/null
commit;
truncate t, f restart identity cascade;
select pg_logical_emit_message(false, 'bgdb', 'beside') \g /dev/null
select pg_replication_origin_create('elsewhere') \g /dev/null
select pg_replication_origin_session_setup('elsewhere') \g /dev/null
begin;
insert into t values (4, 'from elsewhere', null);
select pg_replication_origin_xact_setup('0/ABCDEF', '2026-01-01 00:00+00') \g /dev/null
commit;
select pg_replication_origin_session_reset() \g /dev/null

-- Streamed where the version can: with a savepoint that is rolled back, then one that is rolled back whole.
begin;
insert into t select i, 'streamed', 'bad' from generate_series(1000, 1400) i;
savepoint s;
insert into t select i, 'undone', 'bad' from generate_series(2000, 2400) i;
rollback to s;
update t set v = 'changed' where id = 1000;
select pg_logical_emit_message(true, 'bgdb', 'in a stream') \g /dev/null
commit;
begin;
insert into t select i, 'undone', 'bad' from generate_series(3000, 3400) i;
rollback;

-- Two phases, where the version can: else they arrive when they commit.
begin;
insert into t values (5, 'prepared', null);
prepare transaction 'gid one';
commit prepared 'gid one';
begin;
insert into t values (6, 'prepared', null);
prepare transaction 'gid two';
begin;
insert into t select i, 'streamed and prepared', 'bad' from generate_series(4000, 4400) i;
prepare transaction 'gid three';
commit prepared 'gid three';

-- Read twice: a prepared transaction that is rolled back before anybody reads it is never sent.
select encode(data, 'hex') from pg_logical_slot_get_binary_changes('record', null, null, 'proto_version', :'version',
  'publication_names', 'p', 'messages', 'on', 'streaming', :'streaming', 'two_phase', :'two_phase');
rollback prepared 'gid two';
select encode(data, 'hex') from pg_logical_slot_get_binary_changes('record', null, null, 'proto_version', :'version',
  'publication_names', 'p', 'messages', 'on', 'streaming', :'streaming', 'two_phase', :'two_phase');
select pg_drop_replication_slot('record') \g /dev/null
select pg_replication_origin_drop('elsewhere') \g /dev/null
