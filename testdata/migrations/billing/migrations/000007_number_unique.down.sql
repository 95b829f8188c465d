-- the way back is never linted as if it ran
DROP TABLE IF EXISTS accounts CASCADE;
