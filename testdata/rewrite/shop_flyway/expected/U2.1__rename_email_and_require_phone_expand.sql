-- bgdb: phase=expand release=V2__rename_email_and_require_phone
-- Takes back V2.1__rename_email_and_require_phone_expand.sql.
LOCK TABLE public.customers IN ACCESS EXCLUSIVE MODE;
DROP TRIGGER IF EXISTS zz_bgdb_sync_login ON public.customers;
DROP FUNCTION IF EXISTS public.bgdb_sync_customers_login();
ALTER TABLE public.customers DROP COLUMN IF EXISTS login;
