-- migrate:up
REFRESH MATERIALIZED VIEW fleet.km_by_vehicle;
-- migrate:down
SELECT 1;
