-- bgdb: ignore drop-table nothing is dropped here any more
ALTER TABLE visits ADD COLUMN room text;
