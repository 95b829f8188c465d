create table k (id int);
-- ÿş
create table l (n text default 'Ã¤');
