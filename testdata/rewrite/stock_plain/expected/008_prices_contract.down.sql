-- bgdb: phase=contract release=002_prices
-- Takes back 008_prices_contract.sql.
ALTER TABLE public.items DROP CONSTRAINT IF EXISTS items_price_cents_not_null__new;
DO $bgdb$
BEGIN
  RAISE EXCEPTION '%', 'bgdb: contract dropped columns; it cannot be undone' USING HINT = 'Restore the old schema with a new migration, or from a backup.';
END
$bgdb$;
