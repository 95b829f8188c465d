-- bgdb: phase=expand release=2_precision
-- 3 of 7 files that replace 2_precision.sql; see PLAN.md.
-- no build: the index of public.samples is made of those of its partitions
CREATE INDEX samples_by_sensor ON ONLY public.samples (sensor, taken_at DESC);
ALTER INDEX public.samples_by_sensor ATTACH PARTITION public.samples_2023_sensor_taken_at_idx;
ALTER INDEX public.samples_by_sensor ATTACH PARTITION public.samples_2024_sensor_taken_at_idx;
ALTER INDEX public.samples_by_sensor ATTACH PARTITION public.samples_rest_sensor_taken_at_idx;
DO $bgdb$
BEGIN
  IF NOT (SELECT indisvalid FROM pg_index WHERE indexrelid = 'public.samples_by_sensor'::regclass) THEN
    RAISE EXCEPTION '%', 'public.samples' || ' has partitions without this index that the migrations do not know of'
      USING HINT = 'Build the index on them with CREATE INDEX CONCURRENTLY, add ALTER INDEX ... ATTACH PARTITION here for each, run this again.';
  END IF;
END
$bgdb$;
