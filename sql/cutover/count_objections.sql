-- What could have changed on the source since the gates: asked while its writers wait.
-- Parameters: $1 publication. Result: prepared (open prepared transactions of this database), published (tables that the
-- publication names). Privilege: none. Lock: ACCESS SHARE on catalogs. Versions: 14-18.
select (select count(*) from pg_prepared_xacts where database = current_database()) as prepared,
       (select count(*) from pg_publication_rel r join pg_publication p on p.oid = r.prpubid where p.pubname = $1) as published
