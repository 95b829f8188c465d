-- bgdb: phase=contract
-- Takes back 002_prices_8_contract.sql.
ALTER TABLE public.items ALTER COLUMN price_cents DROP NOT NULL;
