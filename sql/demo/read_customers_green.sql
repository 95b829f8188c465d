-- Customers of the new schema: one digest per row, in order of the key.
-- Parameters: none (used inside COPY). Result: id, digest. Privilege: SELECT. Lock: ACCESS SHARE. Versions: 14-18.
select id, md5(row(id, first_name, last_name, email_address, ref, created_at)::text)
from customers order by id
