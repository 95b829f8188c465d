-- atlas:nolint DS103 MF101
alter table a drop column x;
