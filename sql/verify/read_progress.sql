-- What an earlier run of verify left behind.
-- Parameters: $1 key prefix (LIKE pattern). Result: key text, value text. Privilege: SELECT on bgdb.fact. Lock: none.
-- Versions: 14-18.
select key, value::text as value from bgdb.fact where key like $1
