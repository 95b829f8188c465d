-- Refuses to go on while rows of a table fulfil a condition, or make it fail.
-- Parameters: table, condition, message, hint. Result: none. Privilege: SELECT on the table. Lock: AccessShareLock.

DO $bgdb$
DECLARE
  bgdb_rows bigint;
BEGIN
  SELECT count(*) INTO bgdb_rows FROM {{table}} WHERE {{condition}};
  IF bgdb_rows > 0 THEN
    RAISE EXCEPTION '%', bgdb_rows::text || {{message}} USING HINT = {{hint}};
  END IF;
EXCEPTION WHEN data_exception THEN
  RAISE EXCEPTION '%', SQLERRM || ': rows' || {{message}} USING HINT = {{hint}};
END
$bgdb$;
