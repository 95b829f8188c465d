-- The schema of the measured table of locks: every statement of testdata/locks/measured.txt ran against it.
create table p (id int primary key, u int);
insert into p select g from generate_series(1, 2000) g;
create type st as enum ('a', 'b');
create domain dm as text;
create table t (
  id int primary key, n int, nn int not null, tx text, v10 varchar(10), s10 varchar(10), num numeric(10,2), ts timestamp,
  ci cidr, js json, iv interval(3), e st, d dm, b bool, uu uuid);
alter table t add constraint t_nchk check (n is not null) not valid;
insert into t (id, n, nn, tx, v10, s10, num, ts, js, e, d)
  select g, g, g, 'x' || g, 'v', 's' || g, 1.5, now()::timestamp, '{}', 'a', 'd' from generate_series(1, 2000) g;
create index t_n on t (n);
create unique index t_tx on t (tx);
create index t_s10 on t (s10);
create function tf() returns trigger language plpgsql as $$ begin return new; end $$;
create trigger tg before insert on t for each row execute function tf();
create view vw as select id, n from t;
create table nofk (id int, pid int);
insert into nofk select g, g from generate_series(1, 2000) g;
create table child (id int, pid int constraint child_pid_fkey references p (id));
insert into child select g, g from generate_series(1, 100) g;
create table vt (id int not null, n int, constraint vt_n_nn check (n is not null));
insert into vt select g, g from generate_series(1, 2000) g;
create unique index vt_id_u on vt (id);
create materialized view mv as select id, b from t;
create unique index mv_u on mv (id);
create table part (k int, v int) partition by range (k);
create table part1 partition of part for values from (0) to (1000);
create table partd partition of part default;
insert into part select g, g from generate_series(0, 500) g;
insert into part select g, g from generate_series(5000, 5500) g;
create table part2 (k int, v int);
insert into part2 select 1000 + g % 1000, g from generate_series(1, 2000) g;
create table part3 (k int, v int, constraint part3_k check (k is not null and k >= 2000 and k < 3000));
create unlogged table ul (id int);
insert into ul select g from generate_series(1, 2000) g;
create sequence sq;
