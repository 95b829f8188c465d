-- Sets sequences; one that does not exist here (it came after the snapshot) is passed over.
-- Parameters: $1 quoted names text[], $2 last values bigint[], $3 is_called boolean[]. Result: setval, a row for each that was set.
-- Privilege: UPDATE on the sequences. Lock: ROW EXCLUSIVE on them. Versions: 14-18.
select setval(to_regclass(s.name), s.value, s.called)
  from unnest($1::text[], $2::bigint[], $3::boolean[]) as s(name, value, called)
 where to_regclass(s.name) is not null
