-- bgdb: phase=contract release=V2__authors
-- 7 of 9 files that replace V2__authors.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
DROP INDEX IF EXISTS public.posts_title;
ALTER INDEX public.posts_title__new RENAME TO posts_title;

ALTER TABLE public.posts ADD CONSTRAINT posts_author FOREIGN KEY (author_id) REFERENCES authors (id) NOT VALID;
