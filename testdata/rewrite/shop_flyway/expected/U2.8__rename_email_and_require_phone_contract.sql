-- bgdb: phase=contract release=V2__rename_email_and_require_phone
-- Takes back V2.8__rename_email_and_require_phone_contract.sql.
ALTER TABLE public.customers ALTER COLUMN phone DROP NOT NULL;
