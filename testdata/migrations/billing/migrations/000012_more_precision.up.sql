-- same scale, more digits: no rewrite
ALTER TABLE invoices ALTER COLUMN amount TYPE numeric(16,2);
