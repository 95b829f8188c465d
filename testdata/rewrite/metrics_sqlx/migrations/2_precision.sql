ALTER TABLE samples ALTER COLUMN reading TYPE double precision;
CREATE INDEX samples_by_sensor ON samples (sensor, taken_at DESC);
ALTER TABLE samples ADD CONSTRAINT samples_unique UNIQUE (sensor, taken_at);
