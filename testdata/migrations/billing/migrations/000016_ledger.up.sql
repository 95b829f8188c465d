CREATE TABLE ledger (id bigserial PRIMARY KEY, account_id uuid NOT NULL, delta numeric(14,2) NOT NULL, at timestamptz NOT NULL DEFAULT now());
CREATE INDEX ledger_account_idx ON ledger (account_id, at);
ALTER TABLE ledger ADD CONSTRAINT ledger_delta_check CHECK (delta <> 0);
