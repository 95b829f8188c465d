-- two statements in one string are one implicit transaction
CREATE INDEX CONCURRENTLY invoices_account_idx ON invoices (account_id);
CREATE INDEX CONCURRENTLY invoices_issued_idx ON invoices (issued_on);
