-- no-transaction
-- bgdb: phase=backfill release=000002_bigint_keys
-- Takes back 000014_bigint_keys_backfill.up.sql.
-- Nothing to undo.
SELECT 1;
