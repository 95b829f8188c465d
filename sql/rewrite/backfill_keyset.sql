-- Updates or deletes rows of a table in batches by primary key. It never waits for a row lock (so it takes part in no deadlock):
-- locked rows are left to the next pass.
-- Parameters: header, declare, keys, keys_down, lows, nexts, lasts, passes, unfinished, advance, table, key_aliases, join, change, row_lock, done, condition, what. Result: none.
-- Privilege: UPDATE or DELETE on the table. Lock: RowExclusiveLock, and the rows of one batch. Versions: 11 and later.

-- {{what}}
-- Each batch is a transaction of its own; stop it at any time and run it again: rows that are done are not touched again.
DO $bgdb$
{{header}}
DECLARE
  bgdb_batch_rows constant integer := 1000;
  bgdb_pause_seconds constant double precision := 0.01;
  bgdb_lag_bytes_max constant bigint := 67108864;  -- rest while a connected standby or subscriber is further behind
  bgdb_lag_seconds_max constant integer := 600;
  bgdb_passes_max constant integer := {{passes}};
{{declare}}
  bgdb_more boolean;
  bgdb_rows bigint;
  bgdb_rows_total bigint := 0;
  bgdb_batches bigint := 0;
  bgdb_lag_since timestamptz;
BEGIN
  FOR bgdb_pass IN 1 .. bgdb_passes_max LOOP
    SELECT {{keys}} INTO {{lows}} FROM {{table}} ORDER BY {{keys}} LIMIT 1;
    bgdb_more := FOUND;
    SELECT {{keys}} INTO {{lasts}} FROM {{table}} ORDER BY {{keys_down}} LIMIT 1;  -- what comes behind is new
    WHILE bgdb_more LOOP
      SELECT {{keys}} INTO {{nexts}} FROM {{table}} WHERE ({{keys}}) >= ({{lows}})
        ORDER BY {{keys}} OFFSET bgdb_batch_rows LIMIT 1;
      bgdb_more := FOUND AND ({{nexts}}) <= ({{lasts}});
      IF bgdb_more THEN
        {{change}} (SELECT {{key_aliases}} FROM {{table}} WHERE ({{keys}}) >= ({{lows}}) AND ({{keys}}) < ({{nexts}})
                AND ({{condition}}) FOR {{row_lock}} SKIP LOCKED) AS bgdb_batch WHERE {{join}};
      ELSE
        {{change}} (SELECT {{key_aliases}} FROM {{table}} WHERE ({{keys}}) >= ({{lows}})
                AND ({{condition}}) FOR {{row_lock}} SKIP LOCKED) AS bgdb_batch WHERE {{join}};
      END IF;
      GET DIAGNOSTICS bgdb_rows = ROW_COUNT;
      COMMIT;
      bgdb_rows_total := bgdb_rows_total + bgdb_rows;
      bgdb_batches := bgdb_batches + 1;
      IF bgdb_batches % 100 = 0 THEN
        RAISE NOTICE 'bgdb: % rows {{done}} in % batches', bgdb_rows_total, bgdb_batches;
      END IF;
      {{advance}}
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
    IF NOT EXISTS (SELECT FROM {{table}} WHERE {{condition}}) THEN
      RAISE NOTICE 'bgdb: % rows {{done}}, all done', bgdb_rows_total;
      RETURN;
    END IF;
    COMMIT;
    PERFORM pg_sleep(0.2);
  END LOOP;
  {{unfinished}}
END
$bgdb$;
