-- Gives a column the comment, the column privileges and the statistics target of another one of its table.
-- Parameters: table_literal, old_literal, new_literal. Result: none. Privilege: ownership of the table.
-- Lock: ShareUpdateExclusiveLock.

-- Comment, column privileges and statistics target of the old column, whatever they are on this server.
DO $bgdb$
DECLARE
  bgdb_old pg_attribute;
  bgdb_grant record;
BEGIN
  SELECT * INTO bgdb_old FROM pg_attribute WHERE attrelid = {{table_literal}}::regclass AND attname = {{old_literal}};
  IF col_description(bgdb_old.attrelid, bgdb_old.attnum) IS NOT NULL THEN
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', {{table_literal}}, {{new_literal}}, col_description(bgdb_old.attrelid, bgdb_old.attnum));
  END IF;
  FOR bgdb_grant IN SELECT CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS grantee,
      privilege_type, is_grantable FROM aclexplode(bgdb_old.attacl) LOOP
    EXECUTE format('GRANT %s (%I) ON %s TO %s%s', bgdb_grant.privilege_type, {{new_literal}}, {{table_literal}},
      bgdb_grant.grantee, CASE WHEN bgdb_grant.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
  END LOOP;
  IF bgdb_old.attstattarget >= 0 THEN
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', {{table_literal}}, {{new_literal}}, bgdb_old.attstattarget);
  END IF;
END
$bgdb$;
