-- bgdb: phase=contract release=2_precision
-- 7 of 7 files that replace 2_precision.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
ALTER TABLE public.samples_2023 ADD CONSTRAINT samples_2023_sensor_taken_at_key UNIQUE USING INDEX samples_2023_sensor_taken_at_key;

ALTER TABLE public.samples_2024 ADD CONSTRAINT samples_2024_sensor_taken_at_key UNIQUE USING INDEX samples_2024_sensor_taken_at_key;

ALTER TABLE public.samples_rest ADD CONSTRAINT samples_rest_sensor_taken_at_key UNIQUE USING INDEX samples_rest_sensor_taken_at_key;

-- takes over the keys of the partitions
ALTER TABLE public.samples ADD CONSTRAINT samples_unique UNIQUE (sensor, taken_at);
