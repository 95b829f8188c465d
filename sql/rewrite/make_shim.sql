-- The coming name of a table as a view over it: selects and writes go through it to the table.
-- Parameters: view, table, table_literal. Result: none. Privilege: ownership of the table, CREATE on the schema.
-- Lock: AccessShareLock on the table. Versions: 11 and later; below 15 row security is checked for the view's owner.

CREATE OR REPLACE VIEW {{view}} AS SELECT * FROM {{table}};
-- The table's privileges and row security hold for those who come by the view, too.
DO $bgdb$
DECLARE
  bgdb_grant record;
BEGIN
  IF current_setting('server_version_num')::integer >= 150000 THEN
    EXECUTE 'ALTER VIEW {{view}} SET (security_invoker = true)';
  END IF;
  FOR bgdb_grant IN SELECT CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS grantee,
      privilege_type, is_grantable FROM pg_class, aclexplode(relacl) WHERE oid = {{table_literal}}::regclass
      AND privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') LOOP
    EXECUTE format('GRANT %s ON {{view}} TO %s%s', bgdb_grant.privilege_type, bgdb_grant.grantee,
      CASE WHEN bgdb_grant.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
  END LOOP;
END
$bgdb$;
