-- bgdb: phase=backfill release=V2__authors
-- Takes back V2.6__authors_backfill.sql.
ALTER TABLE public.posts ALTER COLUMN serial_number DROP IDENTITY IF EXISTS;
ALTER TABLE public.posts ALTER COLUMN serial_number DROP NOT NULL;
