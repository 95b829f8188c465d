-- What the rights of a role of bgdb's own depend on: one row.
-- Parameters: $1 role, $2 functions of replication origins that bgdb calls. Result: role_exists, database, database_owner, owner_is_superuser, forced_row_security,
-- origin_functions (text[] of signatures), public_owner (of schema public, or empty).
-- Privilege: none. Lock: none. Versions: 14-18.
select exists (select from pg_roles where rolname = $1) as role_exists,
       d.datname::text as database, o.rolname::text as database_owner, o.rolsuper as owner_is_superuser,
       exists (select from pg_class c where c.relrowsecurity and c.relforcerowsecurity) as forced_row_security,
       (select array_agg(p.oid::regprocedure::text order by p.proname)::text
          from pg_proc p
         where p.pronamespace = 'pg_catalog'::regnamespace
           and p.proname = any ($2::text[])) as origin_functions,
       coalesce((select pg_get_userbyid(nspowner)::text from pg_namespace where nspname = 'public'), '') as public_owner
  from pg_database d join pg_roles o on o.oid = d.datdba
 where d.datname = current_database()
