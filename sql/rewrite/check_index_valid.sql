-- Refuses when partitions that the migrations do not know of have no part of a partitioned index.
-- Parameters: index_literal, table_literal. Result: none. Privilege: none. Lock: AccessShareLock.

DO $bgdb$
BEGIN
  IF NOT (SELECT indisvalid FROM pg_index WHERE indexrelid = {{index_literal}}::regclass) THEN
    RAISE EXCEPTION '%', {{table_literal}} || ' has partitions without this index that the migrations do not know of'
      USING HINT = 'Build the index on them with CREATE INDEX CONCURRENTLY, add ALTER INDEX ... ATTACH PARTITION here for each, run this again.';
  END IF;
END
$bgdb$;
