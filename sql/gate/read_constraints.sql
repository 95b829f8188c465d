-- The constraints of the replicated tables that replication passes by (bgdb.silent_constraint), against those that were last
-- checked row by row. One that blue keeps as well is broken by no row that blue sends; of the others each row since the check
-- may break one.
-- Parameters: $1 publication, $2 milliseconds. Result: one row: constraints bigint, unchecked text (an example, NULL: none), broken
-- text (the same), stale text (the same: one that blue does not keep, checked longer ago than $2), checked bool (ever), age_ms bigint.
-- Privilege: SELECT on bgdb.fact. Lock: none on user tables. Versions: 14-18.
with fact as (
  select value, at from bgdb.fact where key = 'constraints'
), present as (
  select k.name, k.oid
  from pg_publication p
  join pg_publication_rel r on r.prpubid = p.oid
  join bgdb.silent_constraint k on k.conrelid = r.prrelid
  where p.pubname = $1
)
select (select count(*) from present) as constraints,
       (select min(name) from present where not exists (select from fact where value -> 'checked' ? present.name)) as unchecked,
       (select min((b ->> 'constraint') || ': ' || (b ->> 'what')) from fact, jsonb_array_elements(value -> 'broken') as b
         where b ->> 'constraint' in (select name from present)) as broken,
       (select min(name) from present, fact where clock_timestamp() - fact.at > $2::bigint * interval '1 millisecond'
           and not exists (select from bgdb.fact b where b.key = 'constraints.of_blue' and b.value ? present.oid::text)) as stale,
       exists (select from fact) as checked,
       coalesce((select extract(epoch from clock_timestamp() - at) * 1000 from fact), 0)::bigint as age_ms
