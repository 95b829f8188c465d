ALTER TABLE patients DROP COLUMN first_name, DROP COLUMN last_name;
