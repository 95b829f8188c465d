-- bgdb: phase=contract release=2024-02-01-000000_split_name
-- 4 of 6 files that replace up.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
-- what the old version used goes, the new gets its final names
LOCK TABLE public.people IN ACCESS EXCLUSIVE MODE;
DROP TRIGGER IF EXISTS zz_bgdb_sync_first_name ON public.people;
DROP FUNCTION IF EXISTS public.bgdb_sync_people_first_name();
DROP FUNCTION IF EXISTS public.bgdb_forward_people_first_name;
DROP FUNCTION IF EXISTS public.bgdb_forward_people_last_name;
ALTER TABLE public.people DROP COLUMN name;

-- no new NULL from here on
ALTER TABLE public.people ADD CONSTRAINT people_first_name_not_null__new CHECK (first_name IS NOT NULL) NOT VALID;

-- no new NULL from here on
ALTER TABLE public.people ADD CONSTRAINT people_last_name_not_null__new CHECK (last_name IS NOT NULL) NOT VALID;
