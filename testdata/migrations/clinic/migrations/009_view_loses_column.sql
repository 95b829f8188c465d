BEGIN;
DROP VIEW upcoming;
CREATE VIEW upcoming AS SELECT id, at FROM visits WHERE at > now();
COMMIT;
