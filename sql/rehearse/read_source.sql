-- What a copy of this database must be like, and how much room it takes.
-- Parameters: none. Result: encoding, collate, ctype, provider (c, i ...; d before 15), locale (ICU; empty: none), bytes,
-- system_identifier, version. Privilege: none beyond CONNECT. Lock: none. Versions: 14-18.
select pg_encoding_to_char(d.encoding) as encoding, d.datcollate as "collate", d.datctype as ctype,
       coalesce(to_jsonb(d) ->> 'datlocprovider', 'd') as provider,
       coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale', '') as locale,
       pg_database_size(d.oid) as bytes,
       (select system_identifier::text from pg_control_system()) as system_identifier,
       current_setting('server_version_num')::int as version
from pg_database d
where d.datname = current_database()
