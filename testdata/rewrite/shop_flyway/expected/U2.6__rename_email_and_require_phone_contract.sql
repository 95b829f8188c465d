-- bgdb: phase=contract release=V2__rename_email_and_require_phone
-- Takes back V2.6__rename_email_and_require_phone_contract.sql.
ALTER TABLE public.orders DROP CONSTRAINT IF EXISTS orders_total_check;
ALTER TABLE public.customers DROP CONSTRAINT IF EXISTS customers_phone_not_null__new;
