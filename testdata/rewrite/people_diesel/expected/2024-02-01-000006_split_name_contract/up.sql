-- bgdb: phase=contract release=2024-02-01-000000_split_name
-- 6 of 6 files that replace up.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
-- uses the validated check: no scan under the lock
ALTER TABLE public.people ALTER COLUMN first_name SET NOT NULL;
ALTER TABLE public.people DROP CONSTRAINT people_first_name_not_null__new;

-- uses the validated check: no scan under the lock
ALTER TABLE public.people ALTER COLUMN last_name SET NOT NULL;
ALTER TABLE public.people DROP CONSTRAINT people_last_name_not_null__new;
