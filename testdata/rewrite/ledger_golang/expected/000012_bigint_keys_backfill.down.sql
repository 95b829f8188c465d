-- no-transaction
-- bgdb: phase=backfill
-- Takes back 000012_bigint_keys_backfill.up.sql.
-- Nothing to undo.
SELECT 1;
