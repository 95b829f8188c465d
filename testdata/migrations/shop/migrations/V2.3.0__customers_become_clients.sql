-- Flyway runs the file in one transaction: nobody ever sees the table without its old name
ALTER TABLE customers RENAME TO clients;
CREATE VIEW customers AS SELECT * FROM clients;
