ALTER TABLE customers ADD COLUMN locale text NOT NULL DEFAULT 'en';
ALTER TABLE customers ADD COLUMN marketing boolean NOT NULL DEFAULT false;
