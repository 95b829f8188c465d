-- Zoë asked for this
ALTER TABLE customers
  RENAME COLUMN email TO email_address;

CREATE INDEX orders_customer ON orders (customer_id); /* 佐藤 */ DROP TABLE customers;
