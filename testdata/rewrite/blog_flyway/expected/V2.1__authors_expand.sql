-- bgdb: phase=expand release=V2__authors
-- 1 of 9 files that replace V2__authors.sql; see PLAN.md.
ALTER TABLE authors ADD COLUMN post_count int NOT NULL DEFAULT 0;

ALTER TABLE public.posts ADD COLUMN serial_number int8;

CREATE SEQUENCE public.posts_serial_number_seq AS int8;

ALTER TABLE public.posts ALTER COLUMN serial_number SET DEFAULT nextval('public.posts_serial_number_seq'::regclass);

-- the new version does not write views any more
ALTER TABLE public.posts ALTER COLUMN views DROP NOT NULL;
