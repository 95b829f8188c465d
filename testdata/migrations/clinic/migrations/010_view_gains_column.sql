BEGIN;
DROP VIEW upcoming;
CREATE VIEW upcoming AS SELECT id, at, doctor_id FROM visits WHERE at > now();
COMMIT;
