-- Gives a column the identity that keep_identity.sql noted; the sequence goes on where it stood.
-- Parameters: table, table_literal, column_literal. Result: none. Privilege: ownership of the table.
-- Lock: AccessExclusiveLock on the table.

DO $bgdb$
DECLARE
  bgdb_noted bgdb_identity;
BEGIN
  SELECT * INTO STRICT bgdb_noted FROM bgdb_identity;
  EXECUTE format('ALTER TABLE {{table}} ALTER COLUMN %I ADD GENERATED %s AS IDENTITY (%s)', {{column_literal}},
    bgdb_noted.kind, bgdb_noted.definition);
  PERFORM setval(pg_get_serial_sequence({{table_literal}}, {{column_literal}}), bgdb_noted.last, bgdb_noted.called);
END
$bgdb$;
