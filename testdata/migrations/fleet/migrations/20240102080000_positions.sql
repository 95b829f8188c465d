-- migrate:up
CREATE TABLE fleet.positions (vehicle_id bigint NOT NULL, at timestamptz NOT NULL, lat float8, lon float8, PRIMARY KEY (vehicle_id, at)) PARTITION BY RANGE (at);
CREATE TABLE fleet.positions_2024 PARTITION OF fleet.positions FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE fleet.positions_default PARTITION OF fleet.positions DEFAULT;
-- migrate:down
DROP TABLE fleet.positions;
