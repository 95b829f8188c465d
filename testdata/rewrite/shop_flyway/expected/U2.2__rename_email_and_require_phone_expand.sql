-- no-transaction
-- bgdb: phase=expand release=V2__rename_email_and_require_phone
-- Takes back V2.2__rename_email_and_require_phone_expand.sql.
DROP INDEX CONCURRENTLY IF EXISTS public.customers_lower_email__new;
DROP INDEX CONCURRENTLY IF EXISTS public.customers_email_key__new;
DROP INDEX CONCURRENTLY IF EXISTS public.orders_total;
