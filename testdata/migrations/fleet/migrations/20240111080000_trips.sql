-- migrate:up
CREATE TABLE fleet.trips (id bigserial PRIMARY KEY, vehicle_id bigint NOT NULL REFERENCES fleet.vehicles (id), driver_id bigint REFERENCES fleet.drivers (id), km numeric(8,1));
CREATE MATERIALIZED VIEW fleet.km_by_vehicle AS SELECT vehicle_id, sum(km) AS km FROM fleet.trips GROUP BY vehicle_id;
-- migrate:down
DROP MATERIALIZED VIEW fleet.km_by_vehicle;
DROP TABLE fleet.trips;
