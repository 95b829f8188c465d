-- bgdb: phase=contract
-- Takes back V2.7__authors_contract.sql.
ALTER TABLE public.posts DROP CONSTRAINT IF EXISTS posts_author;
