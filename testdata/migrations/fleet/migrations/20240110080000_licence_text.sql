-- migrate:up
ALTER TABLE fleet.drivers ALTER COLUMN licence TYPE text;
-- migrate:down
ALTER TABLE fleet.drivers ALTER COLUMN licence TYPE varchar(16);
