-- Remembers what the link's publication holds: each table's entry, which is another one when the table was taken out and put
-- in again, and what is published of it.
-- Parameters: $1 publication. Result: none. Privilege: INSERT, UPDATE on bgdb.fact. Lock: none on user tables.
-- Versions: 14-18.
insert into bgdb.fact (key, value)
select 'sync.publication',
       jsonb_build_object('publication', p.oid::text, 'digest', md5((to_jsonb(p) - '{pubowner,pubname}'::text[])::text),
                          'tables', (select coalesce(jsonb_object_agg(r.prrelid::text, jsonb_build_object(
                                              'name', format('%I.%I', n.nspname, c.relname), 'digest', md5(to_jsonb(r)::text))), '{}')
                                       from pg_publication_rel r join pg_class c on c.oid = r.prrelid
                                       join pg_namespace n on n.oid = c.relnamespace where r.prpubid = p.oid))
  from pg_publication p where p.pubname = $1
on conflict (key) do update set value = excluded.value, at = clock_timestamp()
