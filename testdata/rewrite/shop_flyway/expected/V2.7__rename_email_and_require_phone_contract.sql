-- no-transaction
-- bgdb: phase=contract release=V2__rename_email_and_require_phone
-- 7 of 8 files that replace V2__rename_email_and_require_phone.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
ALTER TABLE public.customers VALIDATE CONSTRAINT customers_phone_not_null__new;

ALTER TABLE public.orders VALIDATE CONSTRAINT orders_total_check;
