-- no-transaction
-- bgdb: phase=backfill release=20240401000000_leads
-- 4 of 9 files that replace migration.sql; see PLAN.md.
-- Before: The expand files are applied. The old version may go on running; the new one waits for the end of this.
-- rows with NULL stop here
DO $bgdb$
DECLARE
  bgdb_rows bigint;
BEGIN
  SELECT count(*) INTO bgdb_rows FROM public."Lead" WHERE "ownerId" IS NULL;
  IF bgdb_rows > 0 THEN
    RAISE EXCEPTION '%', bgdb_rows::text || ' rows of public.Lead hold NULL in ownerId' USING HINT = 'Fill them, or write UPDATE ... WHERE ownerId IS NULL before SET NOT NULL in the original file and rewrite it again.';
  END IF;
EXCEPTION WHEN data_exception THEN
  RAISE EXCEPTION '%', SQLERRM || ': rows' || ' rows of public.Lead hold NULL in ownerId' USING HINT = 'Fill them, or write UPDATE ... WHERE ownerId IS NULL before SET NOT NULL in the original file and rewrite it again.';
END
$bgdb$;
