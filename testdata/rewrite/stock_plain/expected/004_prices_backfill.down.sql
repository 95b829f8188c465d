-- no-transaction
-- bgdb: phase=backfill release=002_prices
-- Takes back 004_prices_backfill.sql.
-- Nothing to undo.
SELECT 1;
