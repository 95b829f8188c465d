-- no-transaction
-- bgdb: phase=backfill release=000002_bigint_keys
-- 15 of 16 files that replace 000002_bigint_keys.up.sql; see PLAN.md.
-- Before: The expand files are applied. The old version may go on running; the new one waits for the end of this.
-- foreign keys to the new columns hold
ALTER TABLE public.entries VALIDATE CONSTRAINT entries_account_id_fkey__new;
