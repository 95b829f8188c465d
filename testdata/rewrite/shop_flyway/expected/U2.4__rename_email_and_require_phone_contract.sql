-- bgdb: phase=contract release=V2__rename_email_and_require_phone
-- Takes back V2.4__rename_email_and_require_phone_contract.sql.
DO $bgdb$
BEGIN
  RAISE EXCEPTION '%', 'bgdb: contract dropped columns; it cannot be undone' USING HINT = 'Restore the old schema with a new migration, or from a backup.';
END
$bgdb$;
