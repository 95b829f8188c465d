-- no-transaction
-- bgdb: phase=expand
-- Takes back 000009_bigint_keys_expand.up.sql.
-- Nothing to undo.
SELECT 1;
