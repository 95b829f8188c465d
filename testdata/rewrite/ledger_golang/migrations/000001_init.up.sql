CREATE TABLE accounts (id serial PRIMARY KEY, owner text NOT NULL, balance numeric(12, 2) NOT NULL DEFAULT 0);
CREATE TABLE entries (
  id serial PRIMARY KEY,
  account_id integer NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  amount numeric(12, 2) NOT NULL
);
CREATE INDEX entries_account ON entries (account_id);
