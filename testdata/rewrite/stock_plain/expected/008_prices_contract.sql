-- bgdb: phase=contract release=002_prices
-- 6 of 8 files that replace 002_prices.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
-- what the old version used goes, the new gets its final names
DROP VIEW public.price_list__new;
DROP VIEW price_list;
DROP VIEW warehouse.bins;
-- Extended statistics go with their columns; they are made again below.
CREATE TEMP TABLE IF NOT EXISTS bgdb_statistics (relation oid, name text, name_and_kinds text, columns text, remark text) ON COMMIT DROP;
INSERT INTO bgdb_statistics
  SELECT s.stxrelid, format('%I.%I', n.nspname, s.stxname), substr(t.made, 19, strpos(t.made, ' ON ' || t.columns || ' FROM ') - 19), t.columns, d.description
  FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace LEFT JOIN pg_description d ON d.objoid = s.oid AND d.classoid = 'pg_statistic_ext'::regclass,
    LATERAL (SELECT pg_get_statisticsobjdef(s.oid) AS made, pg_get_statisticsobjdef_columns(s.oid) AS columns) t
  WHERE s.stxrelid = 'public.items'::regclass AND EXISTS (SELECT FROM pg_depend p JOIN pg_attribute a
    ON a.attrelid = p.refobjid AND a.attnum = p.refobjsubid WHERE p.classid = 'pg_statistic_ext'::regclass AND p.objid = s.oid
      AND p.refclassid = 'pg_class'::regclass AND p.refobjid = s.stxrelid AND a.attname IN ('price_cents'));
LOCK TABLE public.items IN ACCESS EXCLUSIVE MODE;
DROP TRIGGER IF EXISTS zz_bgdb_sync_price_cents__new ON public.items;
DROP FUNCTION IF EXISTS public.bgdb_sync_items_price_cents__new();
DROP FUNCTION IF EXISTS public.bgdb_forward_items_price_cents__new;
ALTER TABLE public.items DROP COLUMN price_cents;
ALTER TABLE public.items RENAME COLUMN price_cents__new TO price_cents;
DO $bgdb$
DECLARE
  bgdb_one record;
BEGIN
  FOR bgdb_one IN SELECT * FROM bgdb_statistics WHERE relation = 'public.items'::regclass LOOP
    EXECUTE format('CREATE STATISTICS %s ON %s FROM %s', bgdb_one.name_and_kinds, bgdb_one.columns, 'public.items');
    IF bgdb_one.remark IS NOT NULL THEN
      EXECUTE format('COMMENT ON STATISTICS %s IS %L', bgdb_one.name, bgdb_one.remark);
    END IF;
  END LOOP;
  DELETE FROM bgdb_statistics WHERE relation = 'public.items'::regclass;
END
$bgdb$;
CREATE VIEW price_list AS SELECT "Item Code" AS code, price_cents AS price FROM items;
ALTER TABLE bins SET SCHEMA warehouse;

-- no new NULL from here on
ALTER TABLE public.items ADD CONSTRAINT items_price_cents_not_null__new CHECK (price_cents IS NOT NULL) NOT VALID;
