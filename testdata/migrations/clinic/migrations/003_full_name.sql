-- split and merge of columns begins with an addition
ALTER TABLE patients ADD COLUMN full_name text;
UPDATE patients SET full_name = first_name || ' ' || last_name;
