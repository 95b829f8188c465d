-- bgdb: phase=contract release=V2__rename_email_and_require_phone
-- 6 of 8 files that replace V2__rename_email_and_require_phone.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
-- no new NULL from here on
ALTER TABLE public.customers ADD CONSTRAINT customers_phone_not_null__new CHECK (phone IS NOT NULL) NOT VALID;

ALTER TABLE public.orders ADD CONSTRAINT orders_total_check CHECK (total >= 0) NOT VALID;
