-- A column that takes its values from a sequence becomes an identity column; the numbers go on where they stood.
-- Parameters: table, column, sequence, sequence_literal, kind. Result: none. Privilege: ownership of the table. Lock: AccessExclusiveLock.

ALTER TABLE {{table}} ALTER COLUMN {{column}} DROP DEFAULT;
DO $bgdb$
DECLARE
  bgdb_last bigint;
  bgdb_called boolean;
BEGIN
  SELECT last_value, is_called INTO bgdb_last, bgdb_called FROM {{sequence}};
  DROP SEQUENCE {{sequence}};
  ALTER TABLE {{table}} ALTER COLUMN {{column}} ADD GENERATED {{kind}} AS IDENTITY (SEQUENCE NAME {{sequence}});
  PERFORM setval({{sequence_literal}}, bgdb_last, bgdb_called);
END
$bgdb$;
