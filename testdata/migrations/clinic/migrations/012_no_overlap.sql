ALTER TABLE visits ADD CONSTRAINT visits_no_overlap EXCLUDE USING gist (doctor_id WITH =, at WITH =);
