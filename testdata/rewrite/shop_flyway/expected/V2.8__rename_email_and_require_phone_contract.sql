-- bgdb: phase=contract release=V2__rename_email_and_require_phone
-- 8 of 8 files that replace V2__rename_email_and_require_phone.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
-- uses the validated check: no scan under the lock
ALTER TABLE public.customers ALTER COLUMN phone SET NOT NULL;
ALTER TABLE public.customers DROP CONSTRAINT customers_phone_not_null__new;
