-- no-transaction
-- bgdb: phase=contract release=2_precision
-- Takes back 8_precision_contract.sql.
DROP INDEX CONCURRENTLY IF EXISTS public.samples_2023_sensor_taken_at_key;
DROP INDEX CONCURRENTLY IF EXISTS public.samples_2024_sensor_taken_at_key;
DROP INDEX CONCURRENTLY IF EXISTS public.samples_rest_sensor_taken_at_key;
