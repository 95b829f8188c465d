-- Of the needs of blue (see list_needs.sql) those that green's server does not have.
-- Parameters: $1 kinds text[], $2 names text[]. Result: kind, name. Privilege: none. Lock: none. Versions: 14-18.
select w.kind, w.name
  from unnest($1::text[], $2::text[]) as w(kind, name)
 where case w.kind
         when 'role' then not exists (select from pg_roles r where r.rolname = w.name)
         else not exists (select from pg_available_extensions e where e.name = w.name)
       end
 order by 1, 2
