-- +migrate Up
DELETE FROM invoices WHERE state = 'void';
UPDATE invoices SET state = 'paid' WHERE state = 'settled';
ALTER TABLE payments DROP CONSTRAINT payments_invoice_id_fkey;
ALTER TABLE invoices DROP CONSTRAINT invoices_pkey, ADD CONSTRAINT invoices_pkey PRIMARY KEY (tenant, id);
-- +migrate Down
SELECT 1;
