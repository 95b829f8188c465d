-- no-transaction
-- bgdb: phase=contract release=002_prices
-- 7 of 8 files that replace 002_prices.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
ALTER TABLE public.items VALIDATE CONSTRAINT items_price_cents_not_null__new;
