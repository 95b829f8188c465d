-- no-transaction
-- bgdb: phase=expand release=000002_bigint_keys
-- Takes back 000005_bigint_keys_expand.up.sql.
-- Nothing to undo.
SELECT 1;
