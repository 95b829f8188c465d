-- migrate:up
CREATE TABLE fleet.positions_2026 (LIKE fleet.positions INCLUDING ALL);
ALTER TABLE fleet.positions ATTACH PARTITION fleet.positions_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
-- migrate:down
ALTER TABLE fleet.positions DETACH PARTITION fleet.positions_2026;
