-- +GOOSE UP
alter table a add column x int;
-- +goose down
alter table a drop column x;
