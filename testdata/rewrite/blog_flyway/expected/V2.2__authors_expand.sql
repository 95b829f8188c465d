-- no-transaction
-- bgdb: phase=expand release=V2__authors
-- 2 of 9 files that replace V2__authors.sql; see PLAN.md.
DROP INDEX CONCURRENTLY IF EXISTS public.posts_title__new;
CREATE INDEX CONCURRENTLY posts_title__new ON public.posts (lower(title));
