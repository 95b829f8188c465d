-- bgdb: phase=contract release=000002_bigint_keys
-- 16 of 16 files that replace 000002_bigint_keys.up.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
-- what the old version used goes, the new gets its final names
LOCK TABLE public.accounts, public.entries IN ACCESS EXCLUSIVE MODE;
ALTER TABLE public.entries DROP CONSTRAINT entries_account_id_fkey;
ALTER TABLE public.accounts DROP CONSTRAINT accounts_pkey;
-- Extended statistics go with their columns; they are made again below.
CREATE TEMP TABLE IF NOT EXISTS bgdb_statistics (relation oid, name text, name_and_kinds text, columns text, remark text) ON COMMIT DROP;
INSERT INTO bgdb_statistics
  SELECT s.stxrelid, format('%I.%I', n.nspname, s.stxname), substr(t.made, 19, strpos(t.made, ' ON ' || t.columns || ' FROM ') - 19), t.columns, d.description
  FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace LEFT JOIN pg_description d ON d.objoid = s.oid AND d.classoid = 'pg_statistic_ext'::regclass,
    LATERAL (SELECT pg_get_statisticsobjdef(s.oid) AS made, pg_get_statisticsobjdef_columns(s.oid) AS columns) t
  WHERE s.stxrelid = 'public.accounts'::regclass AND EXISTS (SELECT FROM pg_depend p JOIN pg_attribute a
    ON a.attrelid = p.refobjid AND a.attnum = p.refobjsubid WHERE p.classid = 'pg_statistic_ext'::regclass AND p.objid = s.oid
      AND p.refclassid = 'pg_class'::regclass AND p.refobjid = s.stxrelid AND a.attname IN ('id'));
ALTER TABLE public.entries DROP CONSTRAINT entries_pkey;
-- Extended statistics go with their columns; they are made again below.
CREATE TEMP TABLE IF NOT EXISTS bgdb_statistics (relation oid, name text, name_and_kinds text, columns text, remark text) ON COMMIT DROP;
INSERT INTO bgdb_statistics
  SELECT s.stxrelid, format('%I.%I', n.nspname, s.stxname), substr(t.made, 19, strpos(t.made, ' ON ' || t.columns || ' FROM ') - 19), t.columns, d.description
  FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace LEFT JOIN pg_description d ON d.objoid = s.oid AND d.classoid = 'pg_statistic_ext'::regclass,
    LATERAL (SELECT pg_get_statisticsobjdef(s.oid) AS made, pg_get_statisticsobjdef_columns(s.oid) AS columns) t
  WHERE s.stxrelid = 'public.entries'::regclass AND EXISTS (SELECT FROM pg_depend p JOIN pg_attribute a
    ON a.attrelid = p.refobjid AND a.attnum = p.refobjsubid WHERE p.classid = 'pg_statistic_ext'::regclass AND p.objid = s.oid
      AND p.refclassid = 'pg_class'::regclass AND p.refobjid = s.stxrelid AND a.attname IN ('account_id', 'id'));
LOCK TABLE public.accounts IN ACCESS EXCLUSIVE MODE;
DROP TRIGGER IF EXISTS zz_bgdb_sync_id__new ON public.accounts;
DROP FUNCTION IF EXISTS public.bgdb_sync_accounts_id__new();
ALTER TABLE public.accounts ALTER COLUMN id__new SET NOT NULL;
ALTER TABLE public.accounts DROP CONSTRAINT accounts_id__new_not_null__new;
ALTER TABLE public.accounts ALTER COLUMN id__new SET DEFAULT nextval('public.accounts_id_seq'::regclass);
ALTER SEQUENCE public.accounts_id_seq OWNED BY public.accounts.id__new;
ALTER TABLE public.accounts DROP COLUMN id;
ALTER TABLE public.accounts RENAME COLUMN id__new TO id;
LOCK TABLE public.entries IN ACCESS EXCLUSIVE MODE;
DROP TRIGGER IF EXISTS zz_bgdb_sync_account_id__new ON public.entries;
DROP FUNCTION IF EXISTS public.bgdb_sync_entries_account_id__new();
ALTER TABLE public.entries ALTER COLUMN account_id__new SET NOT NULL;
ALTER TABLE public.entries DROP CONSTRAINT entries_account_id__new_not_null__new;
LOCK TABLE public.entries IN ACCESS EXCLUSIVE MODE;
DROP TRIGGER IF EXISTS zz_bgdb_sync_id__new ON public.entries;
DROP FUNCTION IF EXISTS public.bgdb_sync_entries_id__new();
ALTER TABLE public.entries ALTER COLUMN id__new SET NOT NULL;
ALTER TABLE public.entries DROP CONSTRAINT entries_id__new_not_null__new;
ALTER TABLE public.entries ALTER COLUMN id__new SET DEFAULT nextval('public.entries_id_seq'::regclass);
ALTER SEQUENCE public.entries_id_seq OWNED BY public.entries.id__new;
ALTER TABLE public.entries DROP COLUMN account_id, DROP COLUMN id;
ALTER TABLE public.entries RENAME COLUMN account_id__new TO account_id;
ALTER TABLE public.entries RENAME COLUMN id__new TO id;
ALTER TABLE public.accounts ADD CONSTRAINT accounts_pkey PRIMARY KEY USING INDEX accounts_pkey__new;
ALTER TABLE public.entries RENAME CONSTRAINT entries_account_id_fkey__new TO entries_account_id_fkey;
DO $bgdb$
DECLARE
  bgdb_one record;
BEGIN
  FOR bgdb_one IN SELECT * FROM bgdb_statistics WHERE relation = 'public.accounts'::regclass LOOP
    EXECUTE format('CREATE STATISTICS %s ON %s FROM %s', bgdb_one.name_and_kinds, bgdb_one.columns, 'public.accounts');
    IF bgdb_one.remark IS NOT NULL THEN
      EXECUTE format('COMMENT ON STATISTICS %s IS %L', bgdb_one.name, bgdb_one.remark);
    END IF;
  END LOOP;
  DELETE FROM bgdb_statistics WHERE relation = 'public.accounts'::regclass;
END
$bgdb$;
ALTER INDEX public.entries_account__new RENAME TO entries_account;
ALTER TABLE public.entries ADD CONSTRAINT entries_pkey PRIMARY KEY USING INDEX entries_pkey__new;
DO $bgdb$
DECLARE
  bgdb_one record;
BEGIN
  FOR bgdb_one IN SELECT * FROM bgdb_statistics WHERE relation = 'public.entries'::regclass LOOP
    EXECUTE format('CREATE STATISTICS %s ON %s FROM %s', bgdb_one.name_and_kinds, bgdb_one.columns, 'public.entries');
    IF bgdb_one.remark IS NOT NULL THEN
      EXECUTE format('COMMENT ON STATISTICS %s IS %L', bgdb_one.name, bgdb_one.remark);
    END IF;
  END LOOP;
  DELETE FROM bgdb_statistics WHERE relation = 'public.entries'::regclass;
END
$bgdb$;
