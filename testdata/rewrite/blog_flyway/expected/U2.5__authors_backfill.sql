-- no-transaction
-- bgdb: phase=backfill
-- Takes back V2.5__authors_backfill.sql.
-- Nothing to undo.
SELECT 1;
