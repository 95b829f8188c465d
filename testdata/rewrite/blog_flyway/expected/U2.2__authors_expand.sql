-- no-transaction
-- bgdb: phase=expand release=V2__authors
-- Takes back V2.2__authors_expand.sql.
DROP INDEX CONCURRENTLY IF EXISTS public.posts_title__new;
