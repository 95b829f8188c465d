-- Notes the extended statistics over columns that are about to go, so that the same can be made on their successors.
-- Parameters: table_literal, columns. Result: none. Privilege: none. Lock: AccessShareLock. Versions: 14 and later.

-- Extended statistics go with their columns; they are made again below.
CREATE TEMP TABLE IF NOT EXISTS bgdb_statistics (relation oid, name text, name_and_kinds text, columns text, remark text) ON COMMIT DROP;
INSERT INTO bgdb_statistics
  SELECT s.stxrelid, format('%I.%I', n.nspname, s.stxname), substr(t.made, 19, strpos(t.made, ' ON ' || t.columns || ' FROM ') - 19), t.columns, d.description
  FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace LEFT JOIN pg_description d ON d.objoid = s.oid AND d.classoid = 'pg_statistic_ext'::regclass,
    LATERAL (SELECT pg_get_statisticsobjdef(s.oid) AS made, pg_get_statisticsobjdef_columns(s.oid) AS columns) t
  WHERE s.stxrelid = {{table_literal}}::regclass AND EXISTS (SELECT FROM pg_depend p JOIN pg_attribute a
    ON a.attrelid = p.refobjid AND a.attnum = p.refobjsubid WHERE p.classid = 'pg_statistic_ext'::regclass AND p.objid = s.oid
      AND p.refclassid = 'pg_class'::regclass AND p.refobjid = s.stxrelid AND a.attname IN ({{columns}}));
