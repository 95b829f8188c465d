-- bgdb: phase=expand release=2_precision
-- Takes back 3_precision_expand.sql.
LOCK TABLE public.samples IN ACCESS EXCLUSIVE MODE;
DROP TRIGGER IF EXISTS zz_bgdb_sync_reading__new ON public.samples;
DROP FUNCTION IF EXISTS public.bgdb_sync_samples_reading__new();
ALTER TABLE public.samples DROP COLUMN IF EXISTS reading__new;
