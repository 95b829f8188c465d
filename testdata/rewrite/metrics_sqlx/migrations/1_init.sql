CREATE TABLE samples (
  id bigint GENERATED ALWAYS AS IDENTITY,
  taken_at timestamptz NOT NULL,
  sensor text NOT NULL,
  reading real,
  PRIMARY KEY (id, taken_at)
) PARTITION BY RANGE (taken_at);
CREATE TABLE samples_2023 PARTITION OF samples FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE samples_2024 PARTITION OF samples FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE samples_rest PARTITION OF samples DEFAULT;
