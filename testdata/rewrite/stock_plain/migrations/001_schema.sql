CREATE SCHEMA warehouse;
CREATE TABLE items (id serial PRIMARY KEY, "Item Code" text NOT NULL, price_cents int NOT NULL);
CREATE TABLE bins (id serial PRIMARY KEY, label text);
CREATE VIEW price_list AS SELECT "Item Code", price_cents FROM items;
