-- bgdb: phase=contract release=V2__authors
-- Takes back V2.7__authors_contract.sql.
ALTER TABLE public.posts DROP CONSTRAINT IF EXISTS posts_author;
