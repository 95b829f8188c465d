-- migrate:up transaction:false
BEGIN;
DROP TABLE fleet.drivers CASCADE;
ROLLBACK;
-- migrate:down
SELECT 1;
