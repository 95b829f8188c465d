-- Roles that own what a release works on: relations, functions, types and schemas outside the system's and bgdb's schemas,
-- what extensions brought left out.
-- Parameters: $1 role to be judged, or empty for the session's own. Result: owner, superuser (of the owner), member (the
-- role has the owner's rights), objects, example.
-- Privilege: none. Lock: ACCESS SHARE on catalogs. Versions: 14-18.
with judged as (
  select coalesce(nullif($1::text, ''), current_user::text) as name
), owned as (
  select c.relowner as owner, c.oid::regclass::text as object
    from pg_class c
   where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
     and c.relnamespace in (select oid from pg_namespace where nspname !~ '^(pg_|information_schema$|bgdb$)')
     and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  union all
  select p.proowner, p.oid::regprocedure::text
    from pg_proc p
   where p.pronamespace in (select oid from pg_namespace where nspname !~ '^(pg_|information_schema$|bgdb$)')
     and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
  union all
  select t.typowner, t.oid::regtype::text
    from pg_type t
   where t.typtype in ('e', 'd', 'r') and t.typnamespace in
         (select oid from pg_namespace where nspname !~ '^(pg_|information_schema$|bgdb$)')
     and not exists (select from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype = 'e')
  union all
  select n.nspowner, n.nspname::text
    from pg_namespace n where n.nspname !~ '^(pg_|information_schema$|bgdb$|public$)'
)
select r.rolname::text as owner, r.rolsuper as superuser,
       exists (select from pg_roles j, judged where j.rolname = judged.name and pg_has_role(j.oid, r.oid, 'usage')) as member,
       count(*) as objects, min(o.object) as example
  from owned o join pg_roles r on r.oid = o.owner
 group by r.oid, r.rolname, r.rolsuper
 order by 1
