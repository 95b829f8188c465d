-- no-transaction
-- bgdb: phase=expand
-- 3 of 16 files that replace 000002_bigint_keys.up.sql; see PLAN.md.
-- the twin of an index of public.accounts
-- bgdb: ignore add-unique the old columns obey the same, and the sync trigger keeps both equal
CREATE UNIQUE INDEX CONCURRENTLY accounts_pkey__new ON public.accounts (id__new);
