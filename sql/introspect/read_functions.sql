-- Functions, procedures and aggregates (those of extensions, and those that a range brings, left out).
-- Parameters: $1 text[] schemas to leave out, $2 boolean with their bodies. Result: one row per function.
-- Privilege: none. Lock: none. Versions: 14-18.
select n.nspname as schema,
       p.proname as name,
       p.prokind = 'p' as is_procedure,
       p.prokind = 'a' as is_aggregate,
       p.pronargdefaults as defaults,
       p.provariadic <> 0 as is_variadic,
       p.provolatile::text as volatility,
       array(select format_type(a.type, null) from unnest(p.proargtypes::oid[]) with ordinality a(type, position)
             order by a.position)::text[] as arguments,
       array(select coalesce(p.proargnames[a.i], '')
             from generate_series(1, coalesce(array_length(p.proargmodes, 1), p.pronargs)) a(i)
             where coalesce(p.proargmodes[a.i], 'i') in ('i', 'b', 'v') order by a.i)::text[] as argument_names,
       case when p.prokind = 'p' then '' else format_type(p.prorettype, null) end as returns,
       l.lanname as language,
       case when $2::boolean and l.lanname in ('sql', 'plpgsql') then p.prosrc else '' end as body
from pg_proc p
join pg_namespace n on n.oid = p.pronamespace
join pg_language l on l.oid = p.prolang
where p.prokind in ('f', 'p', 'w', 'a')
  and n.nspname <> all ($1::text[]) and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  and not exists (select 1 from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype in ('e', 'i'))
order by p.oid
