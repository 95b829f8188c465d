-- What the role of this session may do here: one row.
-- Parameters: $1 functions of replication origins that bgdb calls. Result: user_name, superuser, bypasses_row_security, missing_origin_functions (text[] of signatures),
-- reads_stats, may_signal.
-- Privilege: none. Lock: none. Versions: 14-18.
select current_user::text as user_name,
       r.rolsuper as superuser,
       r.rolsuper or r.rolbypassrls as bypasses_row_security,
       (select coalesce(array_agg(p.oid::regprocedure::text order by p.proname), '{}')::text
          from pg_proc p
         where p.pronamespace = 'pg_catalog'::regnamespace and p.proname = any ($1::text[])
           and not has_function_privilege(p.oid, 'execute')) as missing_origin_functions,
       pg_has_role('pg_read_all_stats', 'usage') as reads_stats,
       pg_has_role('pg_signal_backend', 'usage') as may_signal
  from pg_roles r
 where r.rolname = current_user
