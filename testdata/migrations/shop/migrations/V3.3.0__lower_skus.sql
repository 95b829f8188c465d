UPDATE products SET sku = lower(sku);
