-- no-transaction
-- bgdb: phase=contract
-- Takes back 2_precision_6_contract.sql.
DROP INDEX CONCURRENTLY IF EXISTS public.samples_2023_sensor_taken_at_key;
DROP INDEX CONCURRENTLY IF EXISTS public.samples_2024_sensor_taken_at_key;
DROP INDEX CONCURRENTLY IF EXISTS public.samples_rest_sensor_taken_at_key;
