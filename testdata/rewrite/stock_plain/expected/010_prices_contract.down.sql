-- bgdb: phase=contract release=002_prices
-- Takes back 010_prices_contract.sql.
ALTER TABLE public.items ALTER COLUMN price_cents DROP NOT NULL;
