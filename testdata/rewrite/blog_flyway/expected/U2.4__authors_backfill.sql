-- bgdb: phase=backfill release=V2__authors
-- Takes back V2.4__authors_backfill.sql.
ALTER TABLE public.posts DROP CONSTRAINT IF EXISTS posts_serial_number_not_null__new;
