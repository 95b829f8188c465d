-- What an origin of this database is called on its server, whose databases share the names of origins.
-- Parameters: $1 name. Result: one name. Privilege: none. Lock: none. Versions: 14-18.
select $1::text || '_' || d.oid from pg_database d where d.datname = current_database()
