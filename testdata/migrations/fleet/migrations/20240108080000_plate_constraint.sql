-- migrate:up
ALTER TABLE fleet.vehicles ADD CONSTRAINT vehicles_plate_key UNIQUE USING INDEX vehicles_plate_key;
-- migrate:down
ALTER TABLE fleet.vehicles DROP CONSTRAINT vehicles_plate_key;
