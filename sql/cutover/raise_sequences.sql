-- Brings sequences up to the other side's values plus a margin; never lowers one. A sequence is touched only when the
-- other side has come nearer than half the margin, and then goes half the margin up at least: so a client that draws
-- from it meanwhile is not set back.
-- Parameters: $1 schemas, $2 names, $3 last values, $4 is_called of the other side (arrays), $5 margin in increments.
-- Result: how many were raised, and names that do not exist here. Privilege: UPDATE on the sequences.
-- Lock: ROW EXCLUSIVE on the sequences. Versions: 14-18.
with theirs as (
  select t.schema, t.name, t.last_value::numeric as last_value, t.is_called::boolean as is_called, c.oid,
         s.seqincrement, s.seqmin, s.seqmax, s.seqstart
  from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as t(schema, name, last_value, is_called)
  left join (pg_class c join pg_namespace n on n.oid = c.relnamespace and c.relkind = 'S')
    on n.nspname = t.schema and c.relname = t.name
  left join pg_sequence s on s.seqrelid = c.oid
), wanted as (
  select *, coalesce(pg_sequence_last_value(oid::regclass), seqstart - seqincrement)::numeric as ours
  from theirs where oid is not null
), raised as (
  select setval(oid::regclass,
                greatest(least(last_value + $5::bigint * seqincrement::numeric, seqmax), seqmin)::bigint, true)
  from wanted
  where case when seqincrement > 0 then last_value + $5::bigint / 2 * seqincrement >= ours
             else last_value + $5::bigint / 2 * seqincrement <= ours end
    and (is_called or last_value <> seqstart or ours <> seqstart - seqincrement)
)
select (select count(*) from raised) as raised,
       (select coalesce(string_agg(schema || '.' || name, ', '), '') from theirs where oid is null) as missing
