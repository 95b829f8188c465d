-- no-transaction
-- bgdb: phase=expand release=000002_bigint_keys
-- 7 of 16 files that replace 000002_bigint_keys.up.sql; see PLAN.md.
-- the twin of an index of public.entries
CREATE UNIQUE INDEX CONCURRENTLY entries_pkey__new ON public.entries (id__new);
