-- squawk-ignore require-concurrent-index-creation
CREATE INDEX visits_doctor_idx ON visits (doctor_id);
