-- no-transaction
-- bgdb: phase=contract release=2024-02-01-000000_split_name
-- 5 of 6 files that replace up.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
ALTER TABLE public.people VALIDATE CONSTRAINT people_first_name_not_null__new;

ALTER TABLE public.people VALIDATE CONSTRAINT people_last_name_not_null__new;
