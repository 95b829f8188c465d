-- +goose NO TRANSACTION
-- bgdb: phase=contract release=00002_words
-- 7 of 8 files that replace 00002_words.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
-- +goose Up
-- for the version that runs while contract is applied
ALTER TYPE public.ticket_state ADD VALUE IF NOT EXISTS 'resolved';

-- +goose Down
-- Nothing to undo.
SELECT 1;
