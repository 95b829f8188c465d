-- no-transaction
-- bgdb: phase=contract release=2024-02-01-000000_split_name
-- Takes back up.sql.
-- Nothing to undo.
SELECT 1;
