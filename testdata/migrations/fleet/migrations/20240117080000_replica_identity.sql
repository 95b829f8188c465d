-- migrate:up
ALTER TABLE fleet.drivers REPLICA IDENTITY NOTHING;
-- migrate:down
ALTER TABLE fleet.drivers REPLICA IDENTITY DEFAULT;
