-- bgdb: phase=expand release=2024-02-01-000000_split_name
-- Takes back up.sql.
LOCK TABLE public.people IN ACCESS EXCLUSIVE MODE;
DROP TRIGGER IF EXISTS zz_bgdb_sync_first_name ON public.people;
DROP FUNCTION IF EXISTS public.bgdb_sync_people_first_name();
DROP FUNCTION IF EXISTS public.bgdb_forward_people_first_name;
DROP FUNCTION IF EXISTS public.bgdb_forward_people_last_name;
ALTER TABLE IF EXISTS people DROP COLUMN IF EXISTS last_name;
ALTER TABLE IF EXISTS people DROP COLUMN IF EXISTS first_name;
