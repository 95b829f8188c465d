-- no-transaction
-- bgdb: phase=expand release=2_precision
-- Takes back 4_precision_expand.sql.
DROP INDEX CONCURRENTLY IF EXISTS public.samples_2023_sensor_taken_at_idx;
DROP INDEX CONCURRENTLY IF EXISTS public.samples_2024_sensor_taken_at_idx;
DROP INDEX CONCURRENTLY IF EXISTS public.samples_rest_sensor_taken_at_idx;
