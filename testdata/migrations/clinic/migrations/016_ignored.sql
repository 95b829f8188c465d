-- bgdb: ignore drop-table the table was never used by any release
DROP TABLE doctors;
