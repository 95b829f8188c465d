-- migrate:up
CREATE TABLE fleet.positions_2025 PARTITION OF fleet.positions FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
-- migrate:down
DROP TABLE fleet.positions_2025;
