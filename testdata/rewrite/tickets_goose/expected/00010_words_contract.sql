-- bgdb: phase=contract release=00002_words
-- 8 of 8 files that replace 00002_words.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
-- +goose Up
-- what the old version used goes, the new gets its final names
-- +goose StatementBegin
-- Extended statistics go with their columns; they are made again below.
CREATE TEMP TABLE IF NOT EXISTS bgdb_statistics (relation oid, name text, name_and_kinds text, columns text, remark text) ON COMMIT DROP;
-- +goose StatementEnd
INSERT INTO bgdb_statistics
  SELECT s.stxrelid, format('%I.%I', n.nspname, s.stxname), substr(t.made, 19, strpos(t.made, ' ON ' || t.columns || ' FROM ') - 19), t.columns, d.description
  FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace LEFT JOIN pg_description d ON d.objoid = s.oid AND d.classoid = 'pg_statistic_ext'::regclass,
    LATERAL (SELECT pg_get_statisticsobjdef(s.oid) AS made, pg_get_statisticsobjdef_columns(s.oid) AS columns) t
  WHERE s.stxrelid = 'public.tickets'::regclass AND EXISTS (SELECT FROM pg_depend p JOIN pg_attribute a
    ON a.attrelid = p.refobjid AND a.attnum = p.refobjsubid WHERE p.classid = 'pg_statistic_ext'::regclass AND p.objid = s.oid
      AND p.refclassid = 'pg_class'::regclass AND p.refobjid = s.stxrelid AND a.attname IN ('state'));
LOCK TABLE public.tickets IN ACCESS EXCLUSIVE MODE;
DROP TRIGGER IF EXISTS zz_bgdb_sync_state__new ON public.tickets;
DROP FUNCTION IF EXISTS public.bgdb_sync_tickets_state__new();
DROP FUNCTION IF EXISTS public.bgdb_forward_tickets_state__new;
ALTER TABLE public.tickets ALTER COLUMN state__new SET NOT NULL;
ALTER TABLE public.tickets DROP CONSTRAINT tickets_state__new_not_null__new;
ALTER TABLE public.tickets DROP COLUMN state;
ALTER TABLE public.tickets RENAME COLUMN state__new TO state;
ALTER INDEX public.tickets_state__new RENAME TO tickets_state;
-- +goose StatementBegin
DO $bgdb$
DECLARE
  bgdb_one record;
BEGIN
  FOR bgdb_one IN SELECT * FROM bgdb_statistics WHERE relation = 'public.tickets'::regclass LOOP
    EXECUTE format('CREATE STATISTICS %s ON %s FROM %s', bgdb_one.name_and_kinds, bgdb_one.columns, 'public.tickets');
    IF bgdb_one.remark IS NOT NULL THEN
      EXECUTE format('COMMENT ON STATISTICS %s IS %L', bgdb_one.name, bgdb_one.remark);
    END IF;
  END LOOP;
  DELETE FROM bgdb_statistics WHERE relation = 'public.tickets'::regclass;
END
$bgdb$;
-- +goose StatementEnd
DROP TYPE public.ticket_state;
ALTER TYPE public.ticket_state__new RENAME TO ticket_state;

-- +goose Down
-- +goose StatementBegin
DO $bgdb$
BEGIN
  RAISE EXCEPTION '%', 'bgdb: contract dropped columns; it cannot be undone' USING HINT = 'Restore the old schema with a new migration, or from a backup.';
END
$bgdb$;
-- +goose StatementEnd
