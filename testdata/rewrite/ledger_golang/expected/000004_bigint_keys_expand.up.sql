-- no-transaction
-- bgdb: phase=expand release=000002_bigint_keys
-- 2 of 16 files that replace 000002_bigint_keys.up.sql; see PLAN.md.
-- the twin of an index of public.accounts
DROP INDEX CONCURRENTLY IF EXISTS public.accounts_pkey__new;
