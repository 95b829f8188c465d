-- bgdb: phase=backfill release=00002_words
-- 4 of 8 files that replace 00002_words.sql; see PLAN.md.
-- Before: The expand files are applied. The old version may go on running; the new one waits for the end of this.
-- +goose Up
-- no new NULL from here on
ALTER TABLE public.tickets ADD CONSTRAINT tickets_public_id_not_null__new CHECK (public_id IS NOT NULL) NOT VALID;

-- +goose Down
ALTER TABLE public.tickets DROP CONSTRAINT IF EXISTS tickets_public_id_not_null__new;
