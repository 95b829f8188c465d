-- +migrate Up
-- +migrate StatementBegin
create or replace function g() returns int as $x$ begin return 1; end; $x$ language plpgsql
-- +migrate StatementEnd
select 1;
