-- bgdb: phase=backfill release=00002_words
-- 6 of 8 files that replace 00002_words.sql; see PLAN.md.
-- Before: The expand files are applied. The old version may go on running; the new one waits for the end of this.
-- +goose Up
-- uses the validated check: no scan under the lock
ALTER TABLE public.tickets ALTER COLUMN public_id SET NOT NULL;
ALTER TABLE public.tickets DROP CONSTRAINT tickets_public_id_not_null__new;

-- +goose Down
ALTER TABLE public.tickets ALTER COLUMN public_id DROP NOT NULL;
