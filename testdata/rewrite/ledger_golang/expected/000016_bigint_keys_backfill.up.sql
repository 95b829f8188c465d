-- bgdb: phase=backfill release=000002_bigint_keys
-- 14 of 16 files that replace 000002_bigint_keys.up.sql; see PLAN.md.
-- Before: The expand files are applied. The old version may go on running; the new one waits for the end of this.
-- refers to the new column, which is filled by now
ALTER TABLE public.entries DROP CONSTRAINT IF EXISTS entries_account_id_fkey__new;
ALTER TABLE public.entries ADD CONSTRAINT entries_account_id_fkey__new FOREIGN KEY (account_id__new) REFERENCES public.accounts (id__new) ON DELETE CASCADE NOT VALID;
