-- Updates or deletes rows of a table without a primary key in batches. Each batch looks for rows from the start: slow on big tables.
-- Parameters: header, passes, unfinished, table, change, row_lock, done, condition, what. Result: none. Privilege: UPDATE or DELETE on the table.
-- Lock: RowExclusiveLock, and the rows of one batch. Versions: 11 and later.

-- {{what}}
-- Each batch is a transaction of its own; stop it at any time and run it again: rows that are done are not touched again.
DO $bgdb$
{{header}}
DECLARE
  bgdb_batch_rows constant integer := 1000;
  bgdb_pause_seconds constant double precision := 0.01;
  bgdb_passes_max constant integer := {{passes}};
  bgdb_idle_passes integer := 0;
  bgdb_rows bigint;
  bgdb_rows_total bigint := 0;
BEGIN
  WHILE bgdb_idle_passes < bgdb_passes_max LOOP
    {{change}}
      WHERE ctid = ANY (ARRAY(SELECT ctid FROM {{table}} WHERE {{condition}} LIMIT bgdb_batch_rows FOR {{row_lock}} SKIP LOCKED))
        AND ({{condition}});
    GET DIAGNOSTICS bgdb_rows = ROW_COUNT;
    COMMIT;
    bgdb_rows_total := bgdb_rows_total + bgdb_rows;
    IF bgdb_rows = 0 THEN
      IF NOT EXISTS (SELECT FROM {{table}} WHERE {{condition}}) THEN
        RAISE NOTICE 'bgdb: % rows {{done}}, all done', bgdb_rows_total;
        RETURN;
      END IF;
      bgdb_idle_passes := bgdb_idle_passes + 1;
      COMMIT;
      PERFORM pg_sleep(0.2);
    END IF;
    PERFORM pg_sleep(bgdb_pause_seconds);
  END LOOP;
  {{unfinished}}
END
$bgdb$;
