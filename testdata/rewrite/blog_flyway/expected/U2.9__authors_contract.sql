-- bgdb: phase=contract release=V2__authors
-- Takes back V2.9__authors_contract.sql.
DO $bgdb$
BEGIN
  RAISE EXCEPTION '%', 'bgdb: public.posts.views goes with contract; it cannot be undone' USING HINT = 'Restore the old schema with a new migration, or from a backup.';
END
$bgdb$;
