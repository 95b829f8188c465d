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
union
select 'role', pg_get_userbyid(t.typowner)::text
  from pg_type t join pg_namespace n on n.oid = t.typnamespace
 where n.nspname not in ('pg_catalog', 'information_schema', 'bgdb') and n.nspname !~ '^pg_(toast|temp)'
union
select 'role', pg_get_userbyid(a.grantee)::text
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace, aclexplode(p.proacl) a
 where n.nspname not in ('pg_catalog', 'information_schema', 'bgdb') and a.grantee <> 0
union
select 'role', pg_get_userbyid(a.grantee)::text
  from pg_namespace n, aclexplode(n.nspacl) a
 where n.nspname not in ('pg_catalog', 'information_schema', 'bgdb') and n.nspname !~ '^pg_' and a.grantee <> 0
union
select 'role', pg_get_userbyid(a.grantee)::text
  from pg_attribute c, aclexplode(c.attacl) a
 where c.attacl is not null and c.attrelid >= 16384 and a.grantee <> 0
union
select 'role', pg_get_userbyid(a.grantee)::text
  from pg_default_acl d, aclexplode(d.defaclacl) a
 where a.grantee <> 0
union
select 'role', pg_get_userbyid(d.defaclrole)::text from pg_default_acl d
union
select 'role', pg_get_userbyid(r)::text from pg_policy p, unnest(p.polroles) r where r <> 0
