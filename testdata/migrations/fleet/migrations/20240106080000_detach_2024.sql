-- migrate:up
ALTER TABLE fleet.positions DETACH PARTITION fleet.positions_2024;
-- migrate:down
SELECT 1;
