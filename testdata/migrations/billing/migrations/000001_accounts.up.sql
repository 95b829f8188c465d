BEGIN;
CREATE TABLE accounts (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL,
  currency char(3) NOT NULL DEFAULT 'EUR',
  balance numeric(14,2) NOT NULL DEFAULT 0,
  created_at timestamp NOT NULL DEFAULT now()
);
COMMIT;
