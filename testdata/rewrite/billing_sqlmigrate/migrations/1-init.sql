-- +migrate Up
CREATE TABLE invoices (id int NOT NULL, tenant text NOT NULL, amount int NOT NULL, state text, note text, PRIMARY KEY (id));
CREATE TABLE payments (id serial PRIMARY KEY, invoice_id int REFERENCES invoices (id), paid int NOT NULL);
-- +migrate Down
DROP TABLE payments;
DROP TABLE invoices;
