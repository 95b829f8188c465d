ALTER TABLE accounts ALTER COLUMN id TYPE bigint;
ALTER TABLE entries ALTER COLUMN account_id TYPE bigint;
ALTER TABLE entries ALTER COLUMN id TYPE bigint;
