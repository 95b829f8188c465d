-- no-transaction
-- bgdb: phase=backfill
-- Takes back 002_prices_2_backfill.sql.
-- Nothing to undo.
SELECT 1;
