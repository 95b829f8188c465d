-- bgdb: phase=contract release=V2__rename_email_and_require_phone
-- 4 of 8 files that replace V2__rename_email_and_require_phone.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
-- what the old version used goes, the new gets its final names
LOCK TABLE public.customers IN ACCESS EXCLUSIVE MODE;
DROP TRIGGER IF EXISTS zz_bgdb_sync_login ON public.customers;
DROP FUNCTION IF EXISTS public.bgdb_sync_customers_login();
ALTER TABLE public.customers DROP COLUMN login;
ALTER TABLE public.customers RENAME COLUMN email TO login;
