-- bgdb: phase=contract release=20240301000000_rename_articles
-- 3 of 4 files that replace 20240301000000_rename_articles.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
-- migrate:up
-- what the old version used goes, the new gets its final names
DROP VIEW public.pages;
ALTER TABLE articles RENAME TO pages;

-- migrate:down
DO $bgdb$
BEGIN
  RAISE EXCEPTION '%', 'bgdb: contract dropped columns; it cannot be undone' USING HINT = 'Restore the old schema with a new migration, or from a backup.';
END
$bgdb$;
