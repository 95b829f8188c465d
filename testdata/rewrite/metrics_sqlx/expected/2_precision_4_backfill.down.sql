-- no-transaction
-- bgdb: phase=backfill
-- Takes back 2_precision_4_backfill.sql.
-- Nothing to undo.
SELECT 1;
