-- bgdb: phase=contract
-- Takes back up.sql.
ALTER TABLE public.people ALTER COLUMN last_name DROP NOT NULL;
ALTER TABLE public.people ALTER COLUMN first_name DROP NOT NULL;
