-- Notes the identity of a column that is about to go, for make_identity.sql in the same transaction.
-- Parameters: table_literal, old_literal. Result: none. Privilege: SELECT on the sequence. Lock: AccessShareLock.

-- The identity goes with its column; it is made again below, where it stands.
CREATE TEMP TABLE IF NOT EXISTS bgdb_identity (kind text, definition text, sequence text, last bigint, called boolean)
  ON COMMIT DROP;
DO $bgdb$
DECLARE
  bgdb_sequence regclass := pg_get_serial_sequence({{table_literal}}, {{old_literal}})::regclass;
  bgdb_last bigint;
  bgdb_called boolean;
BEGIN
  EXECUTE format('SELECT last_value, is_called FROM %s', bgdb_sequence) INTO bgdb_last, bgdb_called;
  DELETE FROM bgdb_identity;
  INSERT INTO bgdb_identity
    SELECT CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END,
      format('SEQUENCE NAME %s INCREMENT BY %s MINVALUE %s START WITH %s CACHE %s', bgdb_sequence, s.seqincrement, s.seqmin, s.seqstart, s.seqcache)
        || CASE WHEN s.seqmax NOT IN (32767, 2147483647, 9223372036854775807) THEN format(' MAXVALUE %s', s.seqmax) ELSE '' END
        || CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END,
      bgdb_sequence::text, bgdb_last, bgdb_called
    FROM pg_sequence s, pg_attribute a
    WHERE s.seqrelid = bgdb_sequence AND a.attrelid = {{table_literal}}::regclass AND a.attname = {{old_literal}};
END
$bgdb$;
