-- no-transaction
-- bgdb: phase=contract release=2024-02-01-000000_split_name
-- 3 of 6 files that replace up.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
-- rows that do not convert stop here
DO $bgdb$
DECLARE
  bgdb_rows bigint;
BEGIN
  SELECT count(*) INTO bgdb_rows FROM public.people WHERE (first_name IS NULL AND public.bgdb_forward_people_first_name(name) IS NULL AND (split_part(name, ' ', 1)) IS NOT NULL) OR (last_name IS NULL AND public.bgdb_forward_people_last_name(name) IS NULL AND (split_part(name, ' ', 2)) IS NOT NULL);
  IF bgdb_rows > 0 THEN
    RAISE EXCEPTION '%', bgdb_rows::text || ' of public.people hold values in name that do not convert' USING HINT = 'Correct these values, then run this file again. The new columns are NULL in these rows.';
  END IF;
EXCEPTION WHEN data_exception THEN
  RAISE EXCEPTION '%', SQLERRM || ': rows' || ' of public.people hold values in name that do not convert' USING HINT = 'Correct these values, then run this file again. The new columns are NULL in these rows.';
END
$bgdb$;
