-- Makes the extended statistics again that keep_statistics.sql noted. Their columns have the same names as before.
-- Parameters: none. Result: none. Privilege: ownership of the tables. Lock: ShareUpdateExclusiveLock. Versions: 12 and later.

DO $bgdb$
DECLARE
  bgdb_one record;
BEGIN
  FOR bgdb_one IN SELECT * FROM bgdb_statistics LOOP
    EXECUTE bgdb_one.definition;
    IF bgdb_one.remark IS NOT NULL THEN
      EXECUTE bgdb_one.remark;
    END IF;
  END LOOP;
  DELETE FROM bgdb_statistics;
END
$bgdb$;
