-- migrate:up
REFRESH MATERIALIZED VIEW CONCURRENTLY fleet.km_by_vehicle;
-- migrate:down
SELECT 1;
