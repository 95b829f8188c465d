-- What roles were given: on tables (views, sequences; of their columns, too), schemas, functions, types, databases, and
-- membership. A list that is null is the built-in default: the owner's rights, and PUBLIC's where it has some.
-- Parameters: $1 text[] schemas to leave out. Result: one row per object, role and right; right is empty for PUBLIC on an object that has a list: nothing else is PUBLIC's.
-- Privilege: none. Lock: none on user tables. Versions: 14-18.
with lists as (
  select 'table' as kind, n.nspname as schema, c.relname as name,
         coalesce(c.relacl, acldefault(case when c.relkind = 'S' then 's' else 'r' end::"char", c.relowner)) as acl
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    and n.nspname <> all ($1::text[]) and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  union all
  select 'table', n.nspname, c.relname, a.attacl
  from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
  where a.attacl is not null and not a.attisdropped
    and n.nspname <> all ($1::text[]) and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  union all
  select 'schema', '', n.nspname, coalesce(n.nspacl, acldefault('n', n.nspowner))
  from pg_namespace n
  where n.nspname <> all ($1::text[]) and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  union all
  select 'function', n.nspname, p.proname, coalesce(p.proacl, acldefault('f', p.proowner))
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where n.nspname <> all ($1::text[]) and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  union all
  select 'type', n.nspname, t.typname, coalesce(t.typacl, acldefault('T', t.typowner))
  from pg_type t join pg_namespace n on n.oid = t.typnamespace
  where t.typtype in ('e', 'd', 'r') or (t.typtype = 'c' and exists (select 1 from pg_class c where c.oid = t.typrelid and c.relkind = 'c'))
    and n.nspname <> all ($1::text[]) and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  union all
  select 'database', '', d.datname, coalesce(d.datacl, acldefault('d', d.datdba)) from pg_database d
)
select l.kind, l.schema, l.name, coalesce(r.rolname, 'public') as role, lower(x.privilege_type) as privilege
from lists l cross join lateral aclexplode(l.acl) x left join pg_roles r on r.oid = x.grantee
where x.grantee = 0 or r.oid is not null
union
select l.kind, l.schema, l.name, 'public', '' from lists l
union
select 'role', '', g.rolname, m.rolname, 'member'
from pg_auth_members a join pg_roles g on g.oid = a.roleid join pg_roles m on m.oid = a.member
order by 1, 2, 3, 4, 5
