-- Customers of the old schema as the new one would hold them: one digest per row, in order of the key.
-- Parameters: none (used inside COPY). Result: id, digest. Privilege: SELECT. Lock: ACCESS SHARE. Versions: 14-18.
select id, md5(row(id, split_part(name, ' ', 1), substr(name, strpos(name, ' ') + 1), email, ref, created_at)::text)
from customers order by id
