ALTER TABLE payments ADD COLUMN method text NOT NULL;
