select * from users where id = :id;
