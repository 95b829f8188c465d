-- The address is used for more than mail now.
ALTER TABLE customers RENAME COLUMN email TO login;
UPDATE customers SET phone = 'unknown' WHERE phone IS NULL;
ALTER TABLE customers ALTER COLUMN phone SET NOT NULL;
ALTER TABLE orders ADD CONSTRAINT orders_total_check CHECK (total >= 0);
CREATE INDEX orders_total ON orders (total);
