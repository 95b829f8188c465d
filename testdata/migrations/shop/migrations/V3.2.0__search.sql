ALTER TABLE products ADD COLUMN search_text text;
UPDATE products SET search_text = lower(title);
