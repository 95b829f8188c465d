-- Leads sequences above the values that stand in the columns they fill (owned by, identity, or default): those that the
-- other side does not have by that name (a migration renamed or made them), or all when it cannot be asked. Never lowers
-- one.
-- Parameters: $1 margin in increments; $2 schemas, $3 names of sequences to leave alone (arrays). Result: name, value (NULL:
-- high enough already). Privilege: SELECT on the tables, UPDATE on the sequences. Lock: ACCESS SHARE on the tables.
-- Versions: 14-18.
with fed as (
  select distinct d.objid as sequence, d.refobjid as relation, d.refobjsubid as attribute
  from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S'
  where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0
  union
  select d.refobjid, a.adrelid, a.adnum
  from pg_attrdef a join pg_depend d on d.classid = 'pg_attrdef'::regclass and d.objid = a.oid
  join pg_class s on s.oid = d.refobjid and s.relkind = 'S'
), other as (
  select f.* from fed f
  join pg_class s on s.oid = f.sequence join pg_namespace n on n.oid = s.relnamespace
  where (n.nspname, s.relname) not in (select u.schema, u.name from unnest($2::text[], $3::text[]) as u(schema, name))
    and not exists (select from pg_depend e where e.classid = 'pg_class'::regclass and e.objid = f.relation and e.deptype = 'e')
), extreme as (
  select f.sequence, q.seqincrement, q.seqmin, q.seqmax,
         substring(query_to_xml(
            format('select %s(%I)::text as v from %I.%I', case when q.seqincrement > 0 then 'max' else 'min' end, a.attname,
                   n.nspname, c.relname), false, true, '')::text from '<v>(-?[0-9]+)</v>')::numeric as value
  from other f
  join pg_sequence q on q.seqrelid = f.sequence
  join pg_class c on c.oid = f.relation and c.relkind in ('r', 'p')
  join pg_namespace n on n.oid = c.relnamespace and n.nspname <> 'bgdb'
  join pg_attribute a on a.attrelid = f.relation and a.attnum = f.attribute and not a.attisdropped
  where a.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
), wanted as (
  select sequence, seqincrement, seqmin, seqmax,
         case when seqincrement > 0 then max(value) else min(value) end + $1::bigint * seqincrement as value
  from extreme group by 1, 2, 3, 4
)
select sequence::regclass::text as name,
       case when case when seqincrement > 0 then value > coalesce(pg_sequence_last_value(sequence::regclass), seqmin - 1)
                      else value < coalesce(pg_sequence_last_value(sequence::regclass), seqmax) end
            then setval(sequence::regclass, greatest(least(value, seqmax), seqmin)::bigint, true) end as value
from wanted
