-- bgdb: phase=contract release=20240301000000_rename_articles
-- 4 of 4 files that replace 20240301000000_rename_articles.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
-- migrate:up transaction:false
-- rows that the old version added since
-- Fills slug of public.pages where it is not filled yet.
-- Each batch is a transaction of its own; stop it at any time and run it again: rows that are done are not touched again.
DO $bgdb$
-- bgdb: batches {"reach":"once","set":"slug = lower(replace(title, ' ', '-'))","table":"public.pages","trigger":"","where":"slug IS NULL AND (slug IS DISTINCT FROM CAST((lower(replace(title, ' ', '-'))) AS text))"}
DECLARE
  bgdb_batch_rows constant integer := 1000;
  bgdb_pause_seconds constant double precision := 0.01;
  bgdb_lag_bytes_max constant bigint := 67108864;  -- rest while a connected standby or subscriber is further behind
  bgdb_lag_seconds_max constant integer := 600;
  bgdb_passes_max constant integer := 1;
  bgdb_low_1 public.pages.id%TYPE;
  bgdb_next_1 public.pages.id%TYPE;
  bgdb_last_1 public.pages.id%TYPE;
  bgdb_more boolean;
  bgdb_rows bigint;
  bgdb_rows_total bigint := 0;
  bgdb_batches bigint := 0;
  bgdb_lag_since timestamptz;
BEGIN
  FOR bgdb_pass IN 1 .. bgdb_passes_max LOOP
    SELECT id INTO bgdb_low_1 FROM public.pages ORDER BY id LIMIT 1;
    bgdb_more := FOUND;
    SELECT id INTO bgdb_last_1 FROM public.pages ORDER BY id DESC LIMIT 1;  -- what comes behind is new
    WHILE bgdb_more LOOP
      SELECT id INTO bgdb_next_1 FROM public.pages WHERE (id) >= (bgdb_low_1)
        ORDER BY id OFFSET bgdb_batch_rows LIMIT 1;
      bgdb_more := FOUND AND (bgdb_next_1) <= (bgdb_last_1);
      IF bgdb_more THEN
        UPDATE public.pages SET slug = lower(replace(title, ' ', '-')) FROM (SELECT id AS bgdb_key_1 FROM public.pages WHERE (id) >= (bgdb_low_1) AND (id) < (bgdb_next_1)
                AND (slug IS NULL AND (slug IS DISTINCT FROM CAST((lower(replace(title, ' ', '-'))) AS text))) FOR NO KEY UPDATE SKIP LOCKED) AS bgdb_batch WHERE public.pages.id = bgdb_batch.bgdb_key_1;
      ELSE
        UPDATE public.pages SET slug = lower(replace(title, ' ', '-')) FROM (SELECT id AS bgdb_key_1 FROM public.pages WHERE (id) >= (bgdb_low_1)
                AND (slug IS NULL AND (slug IS DISTINCT FROM CAST((lower(replace(title, ' ', '-'))) AS text))) FOR NO KEY UPDATE SKIP LOCKED) AS bgdb_batch WHERE public.pages.id = bgdb_batch.bgdb_key_1;
      END IF;
      GET DIAGNOSTICS bgdb_rows = ROW_COUNT;
      COMMIT;
      bgdb_rows_total := bgdb_rows_total + bgdb_rows;
      bgdb_batches := bgdb_batches + 1;
      IF bgdb_batches % 100 = 0 THEN
        RAISE NOTICE 'bgdb: % rows filled in % batches', bgdb_rows_total, bgdb_batches;
      END IF;
      bgdb_low_1 := bgdb_next_1;
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
    IF NOT EXISTS (SELECT FROM public.pages WHERE slug IS NULL AND (slug IS DISTINCT FROM CAST((lower(replace(title, ' ', '-'))) AS text))) THEN
      RAISE NOTICE 'bgdb: % rows filled, all done', bgdb_rows_total;
      RETURN;
    END IF;
    COMMIT;
    PERFORM pg_sleep(0.2);
  END LOOP;
  RAISE NOTICE 'bgdb: % rows done; more came meanwhile', bgdb_rows_total;
END
$bgdb$;

-- migrate:down transaction:false
-- Nothing to undo.
SELECT 1;
