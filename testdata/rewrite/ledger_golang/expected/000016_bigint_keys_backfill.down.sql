-- bgdb: phase=backfill release=000002_bigint_keys
-- Takes back 000016_bigint_keys_backfill.up.sql.
ALTER TABLE public.entries DROP CONSTRAINT IF EXISTS entries_account_id_fkey__new;
