-- migrate:up
ALTER TABLE fleet.vehicles ADD CONSTRAINT vehicles_mileage_check CHECK (mileage >= 0) NOT VALID;
ALTER TABLE fleet.vehicles VALIDATE CONSTRAINT vehicles_mileage_check;
-- migrate:down
ALTER TABLE fleet.vehicles DROP CONSTRAINT vehicles_mileage_check;
