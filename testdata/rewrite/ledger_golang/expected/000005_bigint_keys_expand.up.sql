-- no-transaction
-- bgdb: phase=expand release=000002_bigint_keys
-- 3 of 16 files that replace 000002_bigint_keys.up.sql; see PLAN.md.
-- the twin of an index of public.accounts
CREATE UNIQUE INDEX CONCURRENTLY accounts_pkey__new ON public.accounts (id__new);
