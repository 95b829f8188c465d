CREATE TABLE invoices (
  id bigserial PRIMARY KEY,
  account_id uuid NOT NULL,
  number varchar(20) NOT NULL,
  amount numeric(12,2) NOT NULL,
  state text NOT NULL DEFAULT 'draft',
  issued_on date,
  CONSTRAINT invoices_state_check CHECK (state IN ('draft', 'open', 'paid'))
);
CREATE TABLE payments (id bigserial PRIMARY KEY, invoice_id bigint, amount numeric(12,2) NOT NULL, note varchar(80));
