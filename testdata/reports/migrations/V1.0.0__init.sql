CREATE TABLE customers (id bigint PRIMARY KEY, email varchar(100) NOT NULL, note text);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL, total integer);
