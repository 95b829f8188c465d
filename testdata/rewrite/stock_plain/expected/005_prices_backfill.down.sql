-- bgdb: phase=backfill release=002_prices
-- Takes back 005_prices_backfill.sql.
ALTER TABLE public.items DROP CONSTRAINT IF EXISTS items_bin_id_fkey;
