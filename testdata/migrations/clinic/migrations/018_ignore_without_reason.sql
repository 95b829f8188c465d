-- bgdb: ignore drop-column
ALTER TABLE visits DROP COLUMN room;
