-- bgdb: phase=contract release=2_precision
-- Takes back 9_precision_contract.sql.
ALTER TABLE public.samples DROP CONSTRAINT IF EXISTS samples_unique;
ALTER TABLE public.samples_rest DROP CONSTRAINT IF EXISTS samples_rest_sensor_taken_at_key;
ALTER TABLE public.samples_2024 DROP CONSTRAINT IF EXISTS samples_2024_sensor_taken_at_key;
ALTER TABLE public.samples_2023 DROP CONSTRAINT IF EXISTS samples_2023_sensor_taken_at_key;
