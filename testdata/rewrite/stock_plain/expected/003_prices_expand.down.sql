-- bgdb: phase=expand release=002_prices
-- Takes back 003_prices_expand.sql.
ALTER TABLE IF EXISTS public.items DROP COLUMN IF EXISTS bin_id;
DROP VIEW IF EXISTS warehouse.bins;
DROP VIEW IF EXISTS public.price_list__new;
LOCK TABLE public.items IN ACCESS EXCLUSIVE MODE;
DROP TRIGGER IF EXISTS zz_bgdb_sync_price_cents__new ON public.items;
DROP FUNCTION IF EXISTS public.bgdb_sync_items_price_cents__new();
DROP FUNCTION IF EXISTS public.bgdb_forward_items_price_cents__new;
ALTER TABLE public.items DROP COLUMN IF EXISTS price_cents__new;
