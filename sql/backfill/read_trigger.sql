-- Is a trigger on a table, and does it fire for clients?
-- Parameters: $1 table as text, $2 trigger. Result: enabled (O, A fire; D, R do not); none when there is none.
-- Privilege: none. Lock: none. Versions: 14-18.
select t.tgenabled::text as enabled
from pg_trigger t
where t.tgrelid = to_regclass($1) and t.tgname = $2
