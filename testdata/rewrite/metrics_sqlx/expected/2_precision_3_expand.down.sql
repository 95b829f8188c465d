-- bgdb: phase=expand
-- Takes back 2_precision_3_expand.sql.
DROP INDEX IF EXISTS public.samples_by_sensor;
