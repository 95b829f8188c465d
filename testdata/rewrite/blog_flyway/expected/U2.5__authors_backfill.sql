-- no-transaction
-- bgdb: phase=backfill release=V2__authors
-- Takes back V2.5__authors_backfill.sql.
-- Nothing to undo.
SELECT 1;
