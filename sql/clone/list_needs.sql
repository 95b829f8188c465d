-- What blue's schema needs from green's server: roles that own something or hold a grant, extensions, by kind and name.
-- Parameters: none. Result: kind (role, extension), name. Privilege: none. Lock: ACCESS SHARE on catalogs. Versions: 14-18.
select 'extension' as kind, extname::text as name from pg_extension
union
select 'role', pg_get_userbyid(c.relowner)::text
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
 where n.nspname not in ('pg_catalog', 'information_schema', 'bgdb') and n.nspname !~ '^pg_(toast|temp)'
union
select 'role', pg_get_userbyid(p.proowner)::text
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
 where n.nspname not in ('pg_catalog', 'information_schema', 'bgdb')
union
select 'role', pg_get_userbyid(a.grantee)::text
  from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) a
 where n.nspname not in ('pg_catalog', 'information_schema', 'bgdb') and a.grantee <> 0
union
select 'role', pg_get_userbyid(n.nspowner)::text
  from pg_namespace n where n.nspname not in ('pg_catalog', 'information_schema', 'bgdb') and n.nspname !~ '^pg_'
