-- bgdb: phase=contract
DROP VIEW customers;
ALTER TABLE products DROP COLUMN search_text;
