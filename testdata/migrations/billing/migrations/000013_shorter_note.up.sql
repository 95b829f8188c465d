ALTER TABLE payments ALTER COLUMN note TYPE varchar(40);
