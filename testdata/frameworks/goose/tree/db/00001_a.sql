-- a comment
-- +goose Up
-- +goose StatementBegin
create function f() returns int as $$ begin return 1; end $$ language plpgsql
-- +goose StatementEnd

-- +goose StatementBegin
create table a (id int)
-- +goose StatementEnd

-- +goose Down
drop table a;
