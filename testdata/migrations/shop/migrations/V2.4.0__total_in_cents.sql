ALTER TABLE orders ALTER COLUMN total TYPE bigint USING (total * 100)::bigint;
