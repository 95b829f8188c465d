-- no-transaction
-- bgdb: phase=contract release=002_prices
-- 5 of 8 files that replace 002_prices.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
-- rows that do not convert stop here
DO $bgdb$
DECLARE
  bgdb_rows bigint;
BEGIN
  SELECT count(*) INTO bgdb_rows FROM public.items WHERE (price_cents__new IS NULL AND (price_cents / 100.0) IS NOT NULL);
  IF bgdb_rows > 0 THEN
    RAISE EXCEPTION '%', bgdb_rows::text || ' of public.items hold values in price_cents that do not convert' USING HINT = 'Correct these values, then run this file again. The new columns are NULL in these rows.';
  END IF;
EXCEPTION WHEN data_exception THEN
  RAISE EXCEPTION '%', SQLERRM || ': rows' || ' of public.items hold values in price_cents that do not convert' USING HINT = 'Correct these values, then run this file again. The new columns are NULL in these rows.';
END
$bgdb$;
