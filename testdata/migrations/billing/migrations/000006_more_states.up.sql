-- the list only grows
ALTER TABLE invoices DROP CONSTRAINT invoices_state_check;
ALTER TABLE invoices ADD CONSTRAINT invoices_state_check CHECK (state IN ('draft', 'open', 'paid', 'void'));
