-- What somebody changed in the publication that the link reads since `bgdb sync` began: rows that were written meanwhile
-- are not in the stream. Nothing is said of one that was dropped, which ends the stream, or made again.
-- Parameters: $1 tables that matter, quoted (empty: all). Result: what (a table, or what is published of all). Privilege: SELECT on bgdb.fact.
-- Lock: none on user tables. Versions: 14-18.
with known as (
  select p.oid as publication, f.value, to_jsonb(p) - '{pubowner,pubname}'::text[] as now
    from bgdb.fact f join pg_publication p on p.oid::text = f.value ->> 'publication' where f.key = 'sync.publication'
)
select 'the kinds of changes it publishes' as what from known where md5(now::text) <> value ->> 'digest'
union all
select t.value ->> 'name'
  from known k cross join lateral jsonb_each(k.value -> 'tables') t
  left join pg_publication_rel r on r.prpubid = k.publication and r.prrelid = t.key::oid
 where (r.oid is null or md5(to_jsonb(r)::text) <> t.value ->> 'digest')
   and ($1::text[] = '{}' or t.value ->> 'name' = any ($1::text[]))
 order by 1
