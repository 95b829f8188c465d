-- Objects that exist before the schema is copied, for list_created.sql.
-- Parameters: none. Result: oids oid[]. Privilege: none. Lock: ACCESS SHARE on catalogs. Versions: 14-18.
select array(select oid from pg_namespace union all select oid from pg_extension union all select oid from pg_class
             union all select oid from pg_type union all select oid from pg_proc union all select oid from pg_operator
             union all select oid from pg_collation union all select oid from pg_cast
             union all select oid from pg_ts_config union all select oid from pg_ts_dict) as oids
