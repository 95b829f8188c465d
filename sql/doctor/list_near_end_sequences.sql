-- Sequences that a switch could drive past their end (it skips ahead), or that begin again.
-- Parameters: none. Result: name, used (per cent of the range), cycles.
-- Privilege: SELECT or USAGE on them; others are left out. Lock: none. Versions: 14-18.
select quote_ident(s.schemaname) || '.' || quote_ident(s.sequencename) as name, s.cycle as cycles,
       round(case when s.increment_by > 0 then (s.last_value::numeric - s.min_value) else (s.max_value - s.last_value::numeric) end
             * 100 / greatest(s.max_value::numeric - s.min_value, 1))::bigint as used
  from pg_sequences s
 where s.schemaname !~ '^(pg_|bgdb$)' and s.last_value is not null
   and (s.cycle
        or case when s.increment_by > 0 then (s.last_value::numeric - s.min_value) else (s.max_value - s.last_value::numeric) end
           >= 0.9 * (s.max_value::numeric - s.min_value))
 order by 1
