-- The columns of a table's primary key.
-- Parameters: $1 table as text. Result: name, type; none without a key. Privilege: none. Lock: none. Versions: 14-18.
select a.attname as name, format_type(a.atttypid, -1) as type
from pg_index i
cross join unnest(i.indkey::int2[]) with ordinality as k (attnum, place)
join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
where i.indrelid = to_regclass($1) and i.indisprimary and i.indisvalid and k.place <= i.indnkeyatts
order by k.place
