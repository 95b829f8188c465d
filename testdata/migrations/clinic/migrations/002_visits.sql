CREATE TABLE visits (
  id integer PRIMARY KEY,
  patient_id integer NOT NULL REFERENCES patients (id),
  doctor_id integer,
  at timestamp NOT NULL,
  notes json,
  fee numeric(8,2) DEFAULT 0
);
CREATE VIEW upcoming AS SELECT id, patient_id, at FROM visits WHERE at > now();
