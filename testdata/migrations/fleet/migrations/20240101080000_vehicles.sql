-- migrate:up
CREATE SCHEMA fleet;
CREATE TABLE fleet.vehicles (id bigserial PRIMARY KEY, plate text NOT NULL, kind text NOT NULL, mileage integer);
CREATE TABLE fleet.drivers (id bigserial PRIMARY KEY, name text NOT NULL, licence varchar(16));
-- migrate:down
DROP SCHEMA fleet CASCADE;
