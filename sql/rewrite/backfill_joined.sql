-- Runs an UPDATE with joins by ranges of the primary key of its table. It gives up a batch rather than wait long for a row,
-- before the server would look for a deadlock, so no other statement falls victim to one.
-- Parameters: declare, keys, table, lows, nexts, advance, update_range, update_rest, what. Result: none.
-- Privilege: UPDATE on the table. Lock: RowExclusiveLock, and the rows of one batch. Versions: 11 and later.

-- {{what}}
-- Each batch is a transaction of its own; stop it at any time and run it again: rows that are done are not touched again.
DO $bgdb$
DECLARE
  bgdb_batch_rows constant integer := 1000;
  bgdb_pause_seconds constant double precision := 0.01;
  bgdb_tries_max constant integer := 600;
{{declare}}
  bgdb_more boolean;
  bgdb_done boolean;
  bgdb_rows bigint;
  bgdb_rows_total bigint := 0;
BEGIN
  SELECT {{keys}} INTO {{lows}} FROM {{table}} ORDER BY {{keys}} LIMIT 1;
  bgdb_more := FOUND;
  WHILE bgdb_more LOOP
    SELECT {{keys}} INTO {{nexts}} FROM {{table}} WHERE ({{keys}}) >= ({{lows}})
      ORDER BY {{keys}} OFFSET bgdb_batch_rows LIMIT 1;
    bgdb_more := FOUND;
    bgdb_done := false;
    FOR bgdb_try IN 1 .. bgdb_tries_max LOOP
      BEGIN
        PERFORM set_config('lock_timeout', '100ms', true);
        IF bgdb_more THEN
          {{update_range}};
        ELSE
          {{update_rest}};
        END IF;
        GET DIAGNOSTICS bgdb_rows = ROW_COUNT;
        bgdb_done := true;
      EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
        NULL;
      END;
      COMMIT;
      EXIT WHEN bgdb_done;
      PERFORM pg_sleep(0.1);
    END LOOP;
    IF NOT bgdb_done THEN
      RAISE EXCEPTION 'bgdb: rows of one batch stayed locked for % tries', bgdb_tries_max
        USING HINT = 'A long transaction holds them. Run this file again.';
    END IF;
    bgdb_rows_total := bgdb_rows_total + bgdb_rows;
    {{advance}}
    PERFORM pg_sleep(bgdb_pause_seconds);
  END LOOP;
  RAISE NOTICE 'bgdb: % rows filled', bgdb_rows_total;
END
$bgdb$;
