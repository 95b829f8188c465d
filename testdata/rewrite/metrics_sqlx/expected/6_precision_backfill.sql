-- no-transaction
-- bgdb: phase=backfill release=2_precision
-- 4 of 7 files that replace 2_precision.sql; see PLAN.md.
-- Before: The expand files are applied. The old version may go on running; the new one waits for the end of this.
-- rows that were there before
-- Fills reading__new of public.samples for the rows that were there before.
-- Each batch is a transaction of its own; stop it at any time and run it again: rows that are done are not touched again.
DO $bgdb$
-- bgdb: batches {"reach":"all","set":"reading__new = reading","table":"public.samples","trigger":"zz_bgdb_sync_reading__new","where":"(reading__new IS DISTINCT FROM CAST(reading AS float8)) AND (reading__new IS NULL OR reading IS DISTINCT FROM ((reading__new)::float4))"}
DECLARE
  bgdb_batch_rows constant integer := 1000;
  bgdb_pause_seconds constant double precision := 0.01;
  bgdb_lag_bytes_max constant bigint := 67108864;  -- rest while a connected standby or subscriber is further behind
  bgdb_lag_seconds_max constant integer := 600;
  bgdb_passes_max constant integer := 50;
  bgdb_low_1 public.samples.id%TYPE;
  bgdb_next_1 public.samples.id%TYPE;
  bgdb_last_1 public.samples.id%TYPE;
  bgdb_low_2 public.samples.taken_at%TYPE;
  bgdb_next_2 public.samples.taken_at%TYPE;
  bgdb_last_2 public.samples.taken_at%TYPE;
  bgdb_more boolean;
  bgdb_rows bigint;
  bgdb_rows_total bigint := 0;
  bgdb_batches bigint := 0;
  bgdb_lag_since timestamptz;
BEGIN
  FOR bgdb_pass IN 1 .. bgdb_passes_max LOOP
    SELECT id, taken_at INTO bgdb_low_1, bgdb_low_2 FROM public.samples ORDER BY id, taken_at LIMIT 1;
    bgdb_more := FOUND;
    SELECT id, taken_at INTO bgdb_last_1, bgdb_last_2 FROM public.samples ORDER BY id DESC, taken_at DESC LIMIT 1;  -- what comes behind is new
    WHILE bgdb_more LOOP
      SELECT id, taken_at INTO bgdb_next_1, bgdb_next_2 FROM public.samples WHERE (id, taken_at) >= (bgdb_low_1, bgdb_low_2)
        ORDER BY id, taken_at OFFSET bgdb_batch_rows LIMIT 1;
      bgdb_more := FOUND AND (bgdb_next_1, bgdb_next_2) <= (bgdb_last_1, bgdb_last_2);
      IF bgdb_more THEN
        UPDATE public.samples SET reading__new = reading FROM (SELECT id AS bgdb_key_1, taken_at AS bgdb_key_2 FROM public.samples WHERE (id, taken_at) >= (bgdb_low_1, bgdb_low_2) AND (id, taken_at) < (bgdb_next_1, bgdb_next_2)
                AND ((reading__new IS DISTINCT FROM CAST(reading AS float8)) AND (reading__new IS NULL OR reading IS DISTINCT FROM ((reading__new)::float4))) FOR NO KEY UPDATE SKIP LOCKED) AS bgdb_batch WHERE public.samples.id = bgdb_batch.bgdb_key_1 AND public.samples.taken_at = bgdb_batch.bgdb_key_2;
      ELSE
        UPDATE public.samples SET reading__new = reading FROM (SELECT id AS bgdb_key_1, taken_at AS bgdb_key_2 FROM public.samples WHERE (id, taken_at) >= (bgdb_low_1, bgdb_low_2)
                AND ((reading__new IS DISTINCT FROM CAST(reading AS float8)) AND (reading__new IS NULL OR reading IS DISTINCT FROM ((reading__new)::float4))) FOR NO KEY UPDATE SKIP LOCKED) AS bgdb_batch WHERE public.samples.id = bgdb_batch.bgdb_key_1 AND public.samples.taken_at = bgdb_batch.bgdb_key_2;
      END IF;
      GET DIAGNOSTICS bgdb_rows = ROW_COUNT;
      COMMIT;
      bgdb_rows_total := bgdb_rows_total + bgdb_rows;
      bgdb_batches := bgdb_batches + 1;
      IF bgdb_batches % 100 = 0 THEN
        RAISE NOTICE 'bgdb: % rows filled in % batches', bgdb_rows_total, bgdb_batches;
      END IF;
      bgdb_low_1 := bgdb_next_1; bgdb_low_2 := bgdb_next_2;
      PERFORM pg_sleep(bgdb_pause_seconds);
      bgdb_lag_since := clock_timestamp();
      WHILE coalesce((SELECT max(pg_wal_lsn_diff(pg_current_wal_lsn(), coalesce(confirmed_flush_lsn, restart_lsn)))
                      FROM pg_replication_slots WHERE active), 0) > bgdb_lag_bytes_max LOOP
        IF clock_timestamp() > bgdb_lag_since + make_interval(secs => bgdb_lag_seconds_max) THEN
          RAISE EXCEPTION 'bgdb: replication is more than % bytes behind for % seconds', bgdb_lag_bytes_max, bgdb_lag_seconds_max
            USING HINT = 'Run this file again when it has caught up.';
        END IF;
        COMMIT;
        PERFORM pg_sleep(0.5);
      END LOOP;
    END LOOP;
    IF NOT EXISTS (SELECT FROM public.samples WHERE (reading__new IS DISTINCT FROM CAST(reading AS float8)) AND (reading__new IS NULL OR reading IS DISTINCT FROM ((reading__new)::float4))) THEN
      RAISE NOTICE 'bgdb: % rows filled, all done', bgdb_rows_total;
      RETURN;
    END IF;
    COMMIT;
    PERFORM pg_sleep(0.2);
  END LOOP;
  RAISE EXCEPTION 'bgdb: rows are still left after % passes', bgdb_passes_max
    USING HINT = 'Long transactions hold their locks, or the new value is NULL. Run this file again.';
END
$bgdb$;
