ALTER TABLE invoices ADD COLUMN public_id uuid;
ALTER TABLE payments DROP CONSTRAINT payments_pkey;
ALTER TABLE payments ADD CONSTRAINT payments_pkey PRIMARY KEY (id, invoice_id);
