-- The constraints of the replicated tables that replication passes by (foreign keys that claim to hold, DEFERRABLE unique and
-- exclusion constraints), against those that were last checked row by row.
-- Parameters: $1 publication. Result: one row: constraints bigint, unchecked text (an example, NULL: none), broken text (an example,
-- NULL: none), checked bool (ever), age_ms bigint. Privilege: SELECT on bgdb.fact. Lock: none on user tables. Versions: 14-18.
with fact as (
  select value, at from bgdb.fact where key = 'constraints'
), present as (
  select format('%I.%I.%I', n.nspname, c.relname, k.conname) as name
  from pg_publication p
  join pg_publication_rel r on r.prpubid = p.oid
  join pg_constraint k on k.conrelid = r.prrelid and k.conparentid = 0
   and (k.contype = 'f' and k.convalidated or k.contype in ('p', 'u', 'x') and k.condeferrable)
  join pg_class c on c.oid = k.conrelid
  join pg_namespace n on n.oid = c.relnamespace
  where p.pubname = $1
)
select (select count(*) from present) as constraints,
       (select min(name) from present where not exists (select from fact where value -> 'checked' ? present.name)) as unchecked,
       (select min((b ->> 'constraint') || ': ' || (b ->> 'what')) from fact, jsonb_array_elements(value -> 'broken') as b
         where b ->> 'constraint' in (select name from present)) as broken,
       exists (select from fact) as checked,
       coalesce((select extract(epoch from clock_timestamp() - at) * 1000 from fact), 0)::bigint as age_ms
