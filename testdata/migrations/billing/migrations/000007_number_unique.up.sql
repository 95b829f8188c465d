CREATE UNIQUE INDEX invoices_number_key ON invoices (number);
