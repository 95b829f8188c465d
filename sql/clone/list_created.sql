-- Objects that the running transaction created, as DROP understands them. What an extension or another object brought with
-- it is left out: it goes with its owner. $1 holds the oids that were there before (an ALTER gives a row a new xmin, too).
-- Parameters: $1 oid[] of classes, types, functions and namespaces before. Result: type, identity.
-- Privilege: none. Lock: ACCESS SHARE on catalogs. Versions: 14-18.
with created as (
  select 'pg_namespace'::regclass as classid, oid from pg_namespace where xmin = pg_current_xact_id()::xid
  union all select 'pg_extension'::regclass, oid from pg_extension where xmin = pg_current_xact_id()::xid
  union all select 'pg_class'::regclass, oid from pg_class
   where xmin = pg_current_xact_id()::xid and relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  union all select 'pg_type'::regclass, t.oid from pg_type t left join pg_class c on c.oid = t.typrelid
   where t.xmin = pg_current_xact_id()::xid
     and (t.typtype in ('e', 'd', 'r') or (t.typtype = 'c' and c.relkind = 'c') or (t.typtype = 'b' and t.typelem = 0))
  union all select 'pg_proc'::regclass, oid from pg_proc where xmin = pg_current_xact_id()::xid
  union all select 'pg_operator'::regclass, oid from pg_operator where xmin = pg_current_xact_id()::xid
  union all select 'pg_collation'::regclass, oid from pg_collation where xmin = pg_current_xact_id()::xid
  union all select 'pg_cast'::regclass, oid from pg_cast where xmin = pg_current_xact_id()::xid
  union all select 'pg_ts_config'::regclass, oid from pg_ts_config where xmin = pg_current_xact_id()::xid
  union all select 'pg_ts_dict'::regclass, oid from pg_ts_dict where xmin = pg_current_xact_id()::xid
)
select o.type, o.identity
  from created c, pg_identify_object(c.classid, c.oid, 0) o
 where not c.oid = any ($1::oid[])
   and o.schema is distinct from 'bgdb' and o.identity <> 'bgdb'
   and not exists (select from pg_depend d where d.classid = c.classid and d.objid = c.oid and d.refobjid <> c.oid
                     and d.deptype in ('e', 'i', 'a', 'P'))
 order by case o.type when 'view' then 0 when 'materialized view' then 1 when 'table' then 2 when 'schema' then 9
                      when 'extension' then 8 else 5 end, o.identity
