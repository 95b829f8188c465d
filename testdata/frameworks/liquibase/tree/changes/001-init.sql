--liquibase formatted sql

--changeset ann:1
create table a (id int)
--rollback drop table a;

--changeset ann:2 runInTransaction:false
create index concurrently i on a (id);
--rollback drop index i;

--changeset ann:3 dbms:mysql
alter table a engine=InnoDB;

-- changeset bob:4 splitStatements:false endDelimiter:/
create function f() returns int as $$ begin return 1; end $$ language plpgsql
/
create table b (id int)
/
/* liquibase rollback
drop table b;
*/
--changeset bob:5 dbms:postgresql,h2 endDelimiter:"GO"
--preconditions onFail:MARK_RAN
--precondition-sql-check expectedResult:0 select count(*) from b
create table c (id int)
GO
create table d (id int)
go
