-- Constraints of these tables that the server keeps by triggers, which are silent in a session that applies
-- (bgdb.silent_constraint).
-- Parameters: $1 tables (quoted, qualified), text[]. Result: name (table and constraint), table_name, referenced (of a foreign
-- key; all quoted, qualified), columns, referenced_columns (quoted, text[], paired), full_match; of the others: elements (what
-- is compared), operators (text[], paired), predicate. Privilege: none. Lock: none on user tables. Versions: 14-18.
select s.name, format('%I.%I', n.nspname, c.relname) as table_name,
       case when k.contype = 'f' then format('%I.%I', rn.nspname, r.relname) end as referenced,
       k.confmatchtype = 'f' as full_match,
       (select array_agg(quote_ident(a.attname) order by u.at) from unnest(k.conkey) with ordinality as u(number, at)
          join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.number)::text as columns,
       (select array_agg(quote_ident(a.attname) order by u.at) from unnest(k.confkey) with ordinality as u(number, at)
          join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.number)::text as referenced_columns,
       (select array_agg(pg_get_indexdef(i.indexrelid, at, true) order by at)
          from generate_series(1, i.indnkeyatts) as at)::text as elements,
       (select array_agg(case when k.conexclop is not null then format('operator(%I.%s)', pn.nspname, p.oprname)
                              when to_jsonb(i) ->> 'indnullsnotdistinct' = 'true' then 'is not distinct from'  -- 15 and later
                              else '=' end order by at)
          from generate_series(1, i.indnkeyatts) as at
          left join pg_operator p on p.oid = k.conexclop[at] left join pg_namespace pn on pn.oid = p.oprnamespace)::text as operators,
       pg_get_expr(i.indpred, i.indrelid) as predicate
from unnest($1::text[]) as t(name)
join bgdb.silent_constraint s on s.conrelid = t.name::regclass
join pg_constraint k on k.oid = s.oid
join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
left join pg_class r on r.oid = k.confrelid left join pg_namespace rn on rn.oid = r.relnamespace
left join pg_index i on k.contype <> 'f' and i.indexrelid = k.conindid
order by 1
