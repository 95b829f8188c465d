--liquibase formatted sql logicalFilePath:x
--changeset ann:6
alter table a add column x int;
--rollback alter table a drop column x;
