-- migrate:up transaction:false
CREATE INDEX CONCURRENTLY positions_at_idx ON fleet.positions (at);
-- migrate:down
SELECT 1;
