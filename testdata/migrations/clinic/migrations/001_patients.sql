CREATE DOMAIN email AS text;
CREATE TABLE patients (
  id integer PRIMARY KEY,
  first_name text NOT NULL,
  last_name text NOT NULL,
  contact email,
  birth date
);
CREATE TABLE doctors (id integer PRIMARY KEY, name text NOT NULL);
