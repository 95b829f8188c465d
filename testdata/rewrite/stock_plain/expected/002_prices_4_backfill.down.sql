-- no-transaction
-- bgdb: phase=backfill
-- Takes back 002_prices_4_backfill.sql.
-- Nothing to undo.
SELECT 1;
