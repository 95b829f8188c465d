-- migrate:up
CREATE SCHEMA archive;
ALTER TABLE fleet.trips SET SCHEMA archive;
-- migrate:down
ALTER TABLE archive.trips SET SCHEMA fleet;
