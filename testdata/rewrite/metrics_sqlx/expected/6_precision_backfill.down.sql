-- no-transaction
-- bgdb: phase=backfill release=2_precision
-- Takes back 6_precision_backfill.sql.
-- Nothing to undo.
SELECT 1;
