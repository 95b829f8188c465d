-- Foreign keys that claim to hold (not NOT VALID) on these tables; of a partition tree, the root's only.
-- Parameters: $1 tables (quoted, qualified), text[]. Result: name (table and key), table_name, referenced (all quoted,
-- qualified), columns, referenced_columns (quoted, text[], paired), full_match. Privilege: none. Lock: none on user tables.
-- Versions: 14-18.
select format('%I.%I.%I', n.nspname, c.relname, k.conname) as name, format('%I.%I', n.nspname, c.relname) as table_name,
       format('%I.%I', rn.nspname, r.relname) as referenced,
       k.confmatchtype = 'f' as full_match,
       (select array_agg(quote_ident(a.attname) order by u.at) from unnest(k.conkey) with ordinality as u(number, at)
          join pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.number)::text as columns,
       (select array_agg(quote_ident(a.attname) order by u.at) from unnest(k.confkey) with ordinality as u(number, at)
          join pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.number)::text as referenced_columns
from unnest($1::text[]) as t(name)
join pg_constraint k on k.conrelid = t.name::regclass and k.contype = 'f' and k.conparentid = 0 and k.convalidated
join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
join pg_class r on r.oid = k.confrelid join pg_namespace rn on rn.oid = r.relnamespace
order by 1
