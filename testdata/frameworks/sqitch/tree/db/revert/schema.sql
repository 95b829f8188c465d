drop schema shop;
