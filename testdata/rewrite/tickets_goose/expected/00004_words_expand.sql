-- +goose NO TRANSACTION
-- bgdb: phase=expand release=00002_words
-- 2 of 8 files that replace 00002_words.sql; see PLAN.md.
-- +goose Up
-- the twin of an index of public.tickets
DROP INDEX CONCURRENTLY IF EXISTS public.tickets_state__new;
CREATE INDEX CONCURRENTLY tickets_state__new ON public.tickets USING btree (state__new);

-- +goose Down
DROP INDEX CONCURRENTLY IF EXISTS public.tickets_state__new;
