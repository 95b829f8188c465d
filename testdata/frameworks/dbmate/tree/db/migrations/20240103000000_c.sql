-- migrate:up
-- Migrate: mark polls
-- migrate:upwards is no marker
update a set id = 2;
-- migrate:down
select 1;
