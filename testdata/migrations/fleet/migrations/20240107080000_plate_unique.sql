-- migrate:up transaction:false
CREATE UNIQUE INDEX CONCURRENTLY vehicles_plate_key ON fleet.vehicles (plate);
-- migrate:down
DROP INDEX fleet.vehicles_plate_key;
