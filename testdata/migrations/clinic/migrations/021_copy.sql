CREATE TABLE codes (code text PRIMARY KEY, label text);
COPY codes (code, label) FROM stdin;
A	first
B	second
\.
ALTER TABLE codes ADD COLUMN active boolean NOT NULL DEFAULT true;
