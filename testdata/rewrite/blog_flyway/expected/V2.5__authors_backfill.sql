-- no-transaction
-- bgdb: phase=backfill release=V2__authors
-- 5 of 9 files that replace V2__authors.sql; see PLAN.md.
-- Before: The expand files are applied. The old version may go on running; the new one waits for the end of this.
ALTER TABLE public.posts VALIDATE CONSTRAINT posts_serial_number_not_null__new;
