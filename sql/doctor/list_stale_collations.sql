-- Collations whose library sorts otherwise than when the indexes were built.
-- Parameters: none. Result: name, recorded, actual. Privilege: none. Lock: none. Versions: 14-18.
select c.oid::regcollation::text as name, c.collversion as recorded, pg_collation_actual_version(c.oid) as actual
  from pg_collation c
 where c.collversion is not null and c.collversion <> pg_collation_actual_version(c.oid)
   and exists (select from pg_attribute a where a.attcollation = c.oid and a.attrelid >= 16384)
 order by 1
