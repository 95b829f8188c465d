-- migrate:up
REVOKE INSERT, UPDATE ON fleet.drivers FROM app_rw;
-- migrate:down
GRANT INSERT, UPDATE ON fleet.drivers TO app_rw;
