select id from shop.users where false;
