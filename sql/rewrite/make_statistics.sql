-- Makes the extended statistics again that keep_statistics.sql noted. Their columns have the same names as before.
-- Parameters: table_literal. Result: none. Privilege: ownership of the tables. Lock: ShareUpdateExclusiveLock. Versions: 14 and later.

DO $bgdb$
DECLARE
  bgdb_one record;
BEGIN
  FOR bgdb_one IN SELECT * FROM bgdb_statistics WHERE relation = {{table_literal}}::regclass LOOP
    EXECUTE format('CREATE STATISTICS %s ON %s FROM %s', bgdb_one.name_and_kinds, bgdb_one.columns, {{table_literal}});
    IF bgdb_one.remark IS NOT NULL THEN
      EXECUTE format('COMMENT ON STATISTICS %s IS %L', bgdb_one.name, bgdb_one.remark);
    END IF;
  END LOOP;
  DELETE FROM bgdb_statistics WHERE relation = {{table_literal}}::regclass;
END
$bgdb$;
