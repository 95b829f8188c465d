-- The undo of a step that cannot be undone.
-- Parameters: message. Result: none. Privilege: none. Lock: none.

DO $bgdb$
BEGIN
  RAISE EXCEPTION '%', {{message}} USING HINT = 'Restore the old schema with a new migration, or from a backup.';
END
$bgdb$;
