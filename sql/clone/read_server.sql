-- What a server says about itself before a clone: one row.
-- Parameters: none. Result: version, wal_level, encoding, system_identifier, database, in_recovery, slots_free,
-- senders_max, prepared_transactions, large_objects, may_replicate, may_create, collation, settings
-- (text[] of name=value), user_name.
-- Privilege: none beyond CONNECT. Lock: none. Versions: 14-18.
select current_setting('server_version_num')::int as version,
       current_setting('wal_level') as wal_level,
       current_setting('server_encoding') as encoding,
       (select system_identifier::text from pg_control_system()) as system_identifier,
       current_database()::text as database,
       pg_is_in_recovery() as in_recovery,
       current_setting('max_replication_slots')::int - (select count(*) from pg_replication_slots)::int as slots_free,
       current_setting('max_wal_senders')::int - (select count(*) from pg_stat_replication)::int as senders_free,
       (select count(*) from pg_prepared_xacts where database = current_database())::int as prepared_transactions,
       (select count(*) from pg_largeobject_metadata) as large_objects,
       (select rolsuper or rolreplication from pg_roles where rolname = current_user) as may_replicate,
       has_database_privilege(current_database(), 'CREATE') as may_create,
       (select datcollate from pg_database where datname = current_database()) as collation,
       (select coalesce(array_agg(c order by c), '{}')::text
          from pg_db_role_setting s cross join unnest(s.setconfig) c
         where s.setrole = 0 and s.setdatabase = (select oid from pg_database where datname = current_database())) as settings,
       current_user::text as user_name
