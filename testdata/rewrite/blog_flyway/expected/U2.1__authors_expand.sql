-- bgdb: phase=expand release=V2__authors
-- Takes back V2.1__authors_expand.sql.
ALTER TABLE public.posts ALTER COLUMN views SET NOT NULL;
ALTER TABLE IF EXISTS public.posts ALTER COLUMN serial_number DROP DEFAULT;
DROP SEQUENCE IF EXISTS public.posts_serial_number_seq;
ALTER TABLE IF EXISTS public.posts DROP COLUMN IF EXISTS serial_number;
ALTER TABLE IF EXISTS authors DROP COLUMN IF EXISTS post_count;
