-- no-transaction
-- bgdb: phase=expand release=2_precision
-- 2 of 7 files that replace 2_precision.sql; see PLAN.md.
-- each partition of public.samples, without blocking writers
DROP INDEX CONCURRENTLY IF EXISTS public.samples_2023_sensor_taken_at_idx;
CREATE INDEX CONCURRENTLY samples_2023_sensor_taken_at_idx ON public.samples_2023 (sensor, taken_at DESC);
DROP INDEX CONCURRENTLY IF EXISTS public.samples_2024_sensor_taken_at_idx;
CREATE INDEX CONCURRENTLY samples_2024_sensor_taken_at_idx ON public.samples_2024 (sensor, taken_at DESC);
DROP INDEX CONCURRENTLY IF EXISTS public.samples_rest_sensor_taken_at_idx;
CREATE INDEX CONCURRENTLY samples_rest_sensor_taken_at_idx ON public.samples_rest (sensor, taken_at DESC);
