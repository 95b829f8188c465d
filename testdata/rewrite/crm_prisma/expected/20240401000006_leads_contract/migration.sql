-- bgdb: phase=contract release=20240401000000_leads
-- 6 of 9 files that replace migration.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
-- what the old version used goes, the new gets its final names
ALTER TYPE "LeadStatus" RENAME TO "LeadStatus_old";
ALTER TYPE "LeadStatus_new" RENAME TO "LeadStatus";
-- Extended statistics go with their columns; they are made again below.
CREATE TEMP TABLE IF NOT EXISTS bgdb_statistics (relation oid, name text, name_and_kinds text, columns text, remark text) ON COMMIT DROP;
INSERT INTO bgdb_statistics
  SELECT s.stxrelid, format('%I.%I', n.nspname, s.stxname), substr(t.made, 19, strpos(t.made, ' ON ' || t.columns || ' FROM ') - 19), t.columns, d.description
  FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace LEFT JOIN pg_description d ON d.objoid = s.oid AND d.classoid = 'pg_statistic_ext'::regclass,
    LATERAL (SELECT pg_get_statisticsobjdef(s.oid) AS made, pg_get_statisticsobjdef_columns(s.oid) AS columns) t
  WHERE s.stxrelid = 'public."Lead"'::regclass AND EXISTS (SELECT FROM pg_depend p JOIN pg_attribute a
    ON a.attrelid = p.refobjid AND a.attnum = p.refobjsubid WHERE p.classid = 'pg_statistic_ext'::regclass AND p.objid = s.oid
      AND p.refclassid = 'pg_class'::regclass AND p.refobjid = s.stxrelid AND a.attname IN ('status'));
LOCK TABLE public."Lead" IN ACCESS EXCLUSIVE MODE;
DROP TRIGGER IF EXISTS zz_bgdb_sync_status__new ON public."Lead";
DROP FUNCTION IF EXISTS public."bgdb_sync_Lead_status__new"();
DROP FUNCTION IF EXISTS public."bgdb_forward_Lead_status__new";
ALTER TABLE public."Lead" ALTER COLUMN status__new SET DEFAULT 'NEW';
ALTER TABLE public."Lead" DROP COLUMN status;
ALTER TABLE public."Lead" RENAME COLUMN status__new TO status;
DO $bgdb$
DECLARE
  bgdb_one record;
BEGIN
  FOR bgdb_one IN SELECT * FROM bgdb_statistics WHERE relation = 'public."Lead"'::regclass LOOP
    EXECUTE format('CREATE STATISTICS %s ON %s FROM %s', bgdb_one.name_and_kinds, bgdb_one.columns, 'public."Lead"');
    IF bgdb_one.remark IS NOT NULL THEN
      EXECUTE format('COMMENT ON STATISTICS %s IS %L', bgdb_one.name, bgdb_one.remark);
    END IF;
  END LOOP;
  DELETE FROM bgdb_statistics WHERE relation = 'public."Lead"'::regclass;
END
$bgdb$;

-- no new NULL from here on
ALTER TABLE public."Lead" ADD CONSTRAINT "Lead_ownerId_not_null__new" CHECK ("ownerId" IS NOT NULL) NOT VALID;

-- no new NULL from here on
ALTER TABLE public."Lead" ADD CONSTRAINT "Lead_status_not_null__new" CHECK (status IS NOT NULL) NOT VALID;
