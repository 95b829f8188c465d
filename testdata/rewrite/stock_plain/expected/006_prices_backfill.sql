-- no-transaction
-- bgdb: phase=backfill release=002_prices
-- 4 of 8 files that replace 002_prices.sql; see PLAN.md.
-- Before: The expand files are applied. The old version may go on running; the new one waits for the end of this.
ALTER TABLE public.items VALIDATE CONSTRAINT items_bin_id_fkey;
