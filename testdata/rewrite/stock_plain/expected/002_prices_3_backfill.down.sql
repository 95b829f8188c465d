-- bgdb: phase=backfill
-- Takes back 002_prices_3_backfill.sql.
ALTER TABLE public.items DROP CONSTRAINT IF EXISTS items_bin_id_fkey;
