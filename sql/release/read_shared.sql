-- Strategy shared: how long this release's window is open, and whether the old version was declared gone within it. A
-- window, or a word about the old version, from before the last migration belongs to an earlier release.
-- Parameters: none. Result: one row: watched_s (NULL: not begun), retired. Privilege: SELECT on schema bgdb.
-- Lock: ACCESS SHARE. Versions: 14-18.
with watch as (
  select f.at from bgdb.fact f
  where f.key = 'release.watch'
    and f.at >= coalesce((select max(v.at) from bgdb.schema_versions v where v.phase <> 'contract'), '-infinity')
)
select extract(epoch from clock_timestamp() - (select at from watch))::bigint as watched_s,
       exists (select from bgdb.fact r where r.key = 'migrate.retired' and r.at >= (select at from watch)) as retired
