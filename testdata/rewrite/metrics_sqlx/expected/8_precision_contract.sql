-- no-transaction
-- bgdb: phase=contract release=2_precision
-- 6 of 7 files that replace 2_precision.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
DROP INDEX CONCURRENTLY IF EXISTS public.samples_2023_sensor_taken_at_key;
CREATE UNIQUE INDEX CONCURRENTLY samples_2023_sensor_taken_at_key ON public.samples_2023 (sensor, taken_at);
DROP INDEX CONCURRENTLY IF EXISTS public.samples_2024_sensor_taken_at_key;
CREATE UNIQUE INDEX CONCURRENTLY samples_2024_sensor_taken_at_key ON public.samples_2024 (sensor, taken_at);
DROP INDEX CONCURRENTLY IF EXISTS public.samples_rest_sensor_taken_at_key;
CREATE UNIQUE INDEX CONCURRENTLY samples_rest_sensor_taken_at_key ON public.samples_rest (sensor, taken_at);
