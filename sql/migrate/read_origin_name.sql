-- The replication origin of migrations in this database (origins are shared by all databases of a server).
-- Parameters: none. Result: one name. Privilege: none. Lock: none. Versions: 14-18.
select 'bgdb_migrate_' || d.oid from pg_database d where d.datname = current_database()
