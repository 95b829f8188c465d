-- no-transaction
-- bgdb: phase=expand release=000002_bigint_keys
-- 5 of 16 files that replace 000002_bigint_keys.up.sql; see PLAN.md.
-- the twin of an index of public.entries
CREATE INDEX CONCURRENTLY entries_account__new ON public.entries USING btree (account_id__new);
