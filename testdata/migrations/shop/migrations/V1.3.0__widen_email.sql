-- varchar only grows: no rewrite, every old value fits
ALTER TABLE customers ALTER COLUMN email TYPE varchar(254);
ALTER TABLE products ALTER COLUMN sku TYPE text;
