-- The fingerprint of the schema that the running mapping was derived from; written by `bgdb sync`.
-- Parameters: none. Result: fingerprint; no row when sync never began. Privilege: SELECT on bgdb.fact.
-- Lock: none on user tables. Versions: 14-18.
select value ->> 'fingerprint' as fingerprint from bgdb.fact where key = 'sync.schema'
