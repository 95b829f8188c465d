-- bgdb: phase=contract
ALTER TABLE visits DROP COLUMN notes;
