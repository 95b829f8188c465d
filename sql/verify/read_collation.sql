-- How this database sorts text: two databases that answer alike sort alike.
-- Parameters: none. Result: collation text. Privilege: none. Lock: none. Versions: 14-18.
select case when d.datcollate in ('C', 'POSIX') and to_jsonb(d) ->> 'datlocprovider' is distinct from 'i' then 'C'
            else concat_ws(' ', pg_encoding_to_char(d.encoding), d.datcollate, to_jsonb(d) ->> 'datlocprovider',
                           coalesce(to_jsonb(d) ->> 'daticulocale', to_jsonb(d) ->> 'datlocale'),
                           coalesce(to_jsonb(d) ->> 'datcollversion', version())) end as collation
from pg_database d where d.datname = current_database()
