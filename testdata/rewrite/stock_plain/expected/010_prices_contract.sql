-- bgdb: phase=contract release=002_prices
-- 8 of 8 files that replace 002_prices.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
-- uses the validated check: no scan under the lock
ALTER TABLE public.items ALTER COLUMN price_cents SET NOT NULL;
ALTER TABLE public.items DROP CONSTRAINT items_price_cents_not_null__new;
