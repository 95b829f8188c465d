-- bgdb: phase=contract release=000002_bigint_keys
-- Takes back 000018_bigint_keys_contract.up.sql.
DO $bgdb$
BEGIN
  RAISE EXCEPTION '%', 'bgdb: contract dropped columns; it cannot be undone' USING HINT = 'Restore the old schema with a new migration, or from a backup.';
END
$bgdb$;
