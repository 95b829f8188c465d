-- no-transaction
-- bgdb: phase=backfill release=002_prices
-- 2 of 8 files that replace 002_prices.sql; see PLAN.md.
-- Before: The expand files are applied. The old version may go on running; the new one waits for the end of this.
-- rows that were there before
-- Fills price_cents__new of public.items for the rows that were there before.
-- Each batch is a transaction of its own; stop it at any time and run it again: rows that are done are not touched again.
DO $bgdb$
-- bgdb: batches {"reach":"all","set":"price_cents__new = public.bgdb_forward_items_price_cents__new(price_cents)","table":"public.items","trigger":"zz_bgdb_sync_price_cents__new","where":"((price_cents__new)::text COLLATE \"C\" IS DISTINCT FROM (public.bgdb_forward_items_price_cents__new(price_cents))::text COLLATE \"C\") AND (price_cents__new IS NULL OR price_cents IS DISTINCT FROM ((price_cents__new * 100)::int))"}
DECLARE
  bgdb_batch_rows constant integer := 1000;
  bgdb_pause_seconds constant double precision := 0.01;
  bgdb_lag_bytes_max constant bigint := 67108864;  -- rest while a connected standby or subscriber is further behind
  bgdb_lag_seconds_max constant integer := 600;
  bgdb_passes_max constant integer := 50;
  bgdb_low_1 public.items.id%TYPE;
  bgdb_next_1 public.items.id%TYPE;
  bgdb_last_1 public.items.id%TYPE;
  bgdb_more boolean;
  bgdb_rows bigint;
  bgdb_rows_total bigint := 0;
  bgdb_batches bigint := 0;
  bgdb_lag_since timestamptz;
BEGIN
  FOR bgdb_pass IN 1 .. bgdb_passes_max LOOP
    SELECT id INTO bgdb_low_1 FROM public.items ORDER BY id LIMIT 1;
    bgdb_more := FOUND;
    SELECT id INTO bgdb_last_1 FROM public.items ORDER BY id DESC LIMIT 1;  -- what comes behind is new
    WHILE bgdb_more LOOP
      SELECT id INTO bgdb_next_1 FROM public.items WHERE (id) >= (bgdb_low_1)
        ORDER BY id OFFSET bgdb_batch_rows LIMIT 1;
      bgdb_more := FOUND AND (bgdb_next_1) <= (bgdb_last_1);
      IF bgdb_more THEN
        UPDATE public.items SET price_cents__new = public.bgdb_forward_items_price_cents__new(price_cents) FROM (SELECT id AS bgdb_key_1 FROM public.items WHERE (id) >= (bgdb_low_1) AND (id) < (bgdb_next_1)
                AND (((price_cents__new)::text COLLATE "C" IS DISTINCT FROM (public.bgdb_forward_items_price_cents__new(price_cents))::text COLLATE "C") AND (price_cents__new IS NULL OR price_cents IS DISTINCT FROM ((price_cents__new * 100)::int))) FOR NO KEY UPDATE SKIP LOCKED) AS bgdb_batch WHERE public.items.id = bgdb_batch.bgdb_key_1;
      ELSE
        UPDATE public.items SET price_cents__new = public.bgdb_forward_items_price_cents__new(price_cents) FROM (SELECT id AS bgdb_key_1 FROM public.items WHERE (id) >= (bgdb_low_1)
                AND (((price_cents__new)::text COLLATE "C" IS DISTINCT FROM (public.bgdb_forward_items_price_cents__new(price_cents))::text COLLATE "C") AND (price_cents__new IS NULL OR price_cents IS DISTINCT FROM ((price_cents__new * 100)::int))) FOR NO KEY UPDATE SKIP LOCKED) AS bgdb_batch WHERE public.items.id = bgdb_batch.bgdb_key_1;
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
    IF NOT EXISTS (SELECT FROM public.items WHERE ((price_cents__new)::text COLLATE "C" IS DISTINCT FROM (public.bgdb_forward_items_price_cents__new(price_cents))::text COLLATE "C") AND (price_cents__new IS NULL OR price_cents IS DISTINCT FROM ((price_cents__new * 100)::int))) THEN
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

-- rows that do not convert stop here
DO $bgdb$
DECLARE
  bgdb_rows bigint;
BEGIN
  SELECT count(*) INTO bgdb_rows FROM public.items WHERE (price_cents__new IS NULL AND (price_cents / 100.0) IS NOT NULL);
  IF bgdb_rows > 0 THEN
    RAISE EXCEPTION '%', bgdb_rows::text || ' of public.items hold values in price_cents that do not convert' USING HINT = 'Correct these values, then run this file again. The new columns are NULL in these rows.';
  END IF;
EXCEPTION WHEN data_exception THEN
  RAISE EXCEPTION '%', SQLERRM || ': rows' || ' of public.items hold values in price_cents that do not convert' USING HINT = 'Correct these values, then run this file again. The new columns are NULL in these rows.';
END
$bgdb$;
