DROP INDEX invoices_number_key;
