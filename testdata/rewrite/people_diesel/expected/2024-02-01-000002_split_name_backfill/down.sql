-- no-transaction
-- bgdb: phase=backfill
-- Takes back up.sql.
-- Nothing to undo.
SELECT 1;
