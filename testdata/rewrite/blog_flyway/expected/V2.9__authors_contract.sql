-- bgdb: phase=contract release=V2__authors
-- 9 of 9 files that replace V2__authors.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
ALTER TABLE posts DROP COLUMN views;
