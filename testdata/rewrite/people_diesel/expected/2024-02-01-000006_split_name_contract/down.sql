-- bgdb: phase=contract release=2024-02-01-000000_split_name
-- Takes back up.sql.
ALTER TABLE public.people ALTER COLUMN last_name DROP NOT NULL;
ALTER TABLE public.people ALTER COLUMN first_name DROP NOT NULL;
