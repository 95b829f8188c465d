-- +goose NO TRANSACTION
-- bgdb: phase=backfill release=00002_words
-- 5 of 8 files that replace 00002_words.sql; see PLAN.md.
-- Before: The expand files are applied. The old version may go on running; the new one waits for the end of this.
-- +goose Up
ALTER TABLE public.tickets VALIDATE CONSTRAINT tickets_public_id_not_null__new;

ALTER TABLE public.tickets VALIDATE CONSTRAINT tickets_state__new_not_null__new;

-- +goose Down
-- Nothing to undo.
SELECT 1;
