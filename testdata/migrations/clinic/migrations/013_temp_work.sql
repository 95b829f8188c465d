CREATE TEMP TABLE work AS SELECT id, fee FROM visits;
UPDATE work SET fee = fee * 1.1;
DROP TABLE work;
