DROP VIEW price_list;
-- bgdb: reverse items.price_cents=(price_cents * 100)::int
ALTER TABLE items ALTER COLUMN price_cents TYPE numeric(12, 2) USING price_cents / 100.0;
CREATE VIEW price_list AS SELECT "Item Code" AS code, price_cents AS price FROM items;
ALTER TABLE bins SET SCHEMA warehouse;
ALTER TABLE items ADD COLUMN bin_id int REFERENCES warehouse.bins (id);
