-- no-transaction
-- bgdb: phase=expand release=000002_bigint_keys
-- 6 of 16 files that replace 000002_bigint_keys.up.sql; see PLAN.md.
-- the twin of an index of public.entries
DROP INDEX CONCURRENTLY IF EXISTS public.entries_pkey__new;
