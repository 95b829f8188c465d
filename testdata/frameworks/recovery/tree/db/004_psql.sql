\set ON_ERROR_STOP on
\if :{?x}
\copy t from program 'cat x'
\endif
select 'create table g (id int)' \gexec
create table h (id int);
