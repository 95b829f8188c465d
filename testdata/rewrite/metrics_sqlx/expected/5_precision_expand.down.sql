-- bgdb: phase=expand release=2_precision
-- Takes back 5_precision_expand.sql.
DROP INDEX IF EXISTS public.samples_by_sensor;
