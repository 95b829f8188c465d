drop table shop.users;
