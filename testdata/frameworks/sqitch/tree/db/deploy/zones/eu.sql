create table shop.eu (id int);
