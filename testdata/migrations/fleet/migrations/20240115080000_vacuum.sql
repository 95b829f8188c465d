-- migrate:up transaction:false
VACUUM FULL fleet.vehicles;
-- migrate:down
SELECT 1;
