-- no-transaction
-- bgdb: phase=expand release=000002_bigint_keys
-- Takes back 000006_bigint_keys_expand.up.sql.
DROP INDEX CONCURRENTLY IF EXISTS public.entries_account__new;
