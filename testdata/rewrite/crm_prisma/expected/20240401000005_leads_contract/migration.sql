-- no-transaction
-- bgdb: phase=contract release=20240401000000_leads
-- 5 of 9 files that replace migration.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
-- rows that do not convert stop here
DO $bgdb$
DECLARE
  bgdb_rows bigint;
BEGIN
  SELECT count(*) INTO bgdb_rows FROM public."Lead" WHERE (status__new IS NULL AND (status::text::"LeadStatus_new") IS NOT NULL);
  IF bgdb_rows > 0 THEN
    RAISE EXCEPTION '%', bgdb_rows::text || ' of public.Lead hold values in status that do not convert' USING HINT = 'Correct these values, then run this file again. The new columns are NULL in these rows.';
  END IF;
EXCEPTION WHEN data_exception THEN
  RAISE EXCEPTION '%', SQLERRM || ': rows' || ' of public.Lead hold values in status that do not convert' USING HINT = 'Correct these values, then run this file again. The new columns are NULL in these rows.';
END
$bgdb$;
