drop table shop.orders;
