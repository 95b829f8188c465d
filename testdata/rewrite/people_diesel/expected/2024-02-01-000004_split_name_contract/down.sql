-- bgdb: phase=contract release=2024-02-01-000000_split_name
-- Takes back up.sql.
ALTER TABLE public.people DROP CONSTRAINT IF EXISTS people_last_name_not_null__new;
ALTER TABLE public.people DROP CONSTRAINT IF EXISTS people_first_name_not_null__new;
DO $bgdb$
BEGIN
  RAISE EXCEPTION '%', 'bgdb: contract dropped columns; it cannot be undone' USING HINT = 'Restore the old schema with a new migration, or from a backup.';
END
$bgdb$;
