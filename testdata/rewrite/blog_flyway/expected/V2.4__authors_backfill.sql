-- bgdb: phase=backfill release=V2__authors
-- 4 of 9 files that replace V2__authors.sql; see PLAN.md.
-- Before: The expand files are applied. The old version may go on running; the new one waits for the end of this.
-- no new NULL from here on
ALTER TABLE public.posts ADD CONSTRAINT posts_serial_number_not_null__new CHECK (serial_number IS NOT NULL) NOT VALID;
