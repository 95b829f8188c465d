-- What sessions get from a role, from the database or from the whole server that is dangerous: the replica role, which
-- passes over triggers, foreign keys and bgdb's guards; and read-only transactions of a whole database.
-- Parameters: none. Result: name, who (of whose sessions), undo (a statement that ends it).
-- Privilege: none. Lock: none. Versions: 14-18.
with set_by as (
  select split_part(c, '=', 1) as name, lower(substr(c, strpos(c, '=') + 1)) as value,
         concat_ws(' in ', 'role ' || quote_ident(r.rolname), 'database ' || quote_ident(d.datname)) as who,
         r.rolname is null as of_all,
         case when r.rolname is null then format('alter database %I reset %I', d.datname, split_part(c, '=', 1))
              else format('alter role %I%s reset %I', r.rolname, ' in database ' || quote_ident(d.datname),
                          split_part(c, '=', 1)) end as undo
    from pg_db_role_setting s
    cross join unnest(s.setconfig) c
    left join pg_roles r on r.oid = s.setrole
    left join pg_database d on d.oid = s.setdatabase
   where s.setdatabase = 0 or d.datname = current_database()
  union all
  select name, setting, 'the whole server', true, format('alter system reset %I; select pg_reload_conf()', name)
    from pg_settings
   where name in ('session_replication_role', 'default_transaction_read_only')
     and source in ('configuration file', 'command line', 'environment variable')
)
select name, who, undo from set_by
 where name = 'session_replication_role' and value = 'replica'
    or name = 'default_transaction_read_only' and of_all and value in ('on', 'true', 'yes', '1')
 order by 1, 2
