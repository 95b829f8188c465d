-- no-transaction
-- bgdb: phase=contract
-- Takes back up.sql.
-- Nothing to undo.
SELECT 1;
