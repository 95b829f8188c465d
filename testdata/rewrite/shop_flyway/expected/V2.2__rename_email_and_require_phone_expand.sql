-- no-transaction
-- bgdb: phase=expand release=V2__rename_email_and_require_phone
-- 2 of 8 files that replace V2__rename_email_and_require_phone.sql; see PLAN.md.
DROP INDEX CONCURRENTLY IF EXISTS public.orders_total;
CREATE INDEX CONCURRENTLY orders_total ON public.orders (total);

-- the twin of an index of public.customers
DROP INDEX CONCURRENTLY IF EXISTS public.customers_email_key__new;
CREATE UNIQUE INDEX CONCURRENTLY customers_email_key__new ON public.customers USING btree (login);

-- the twin of an index of public.customers
DROP INDEX CONCURRENTLY IF EXISTS public.customers_lower_email__new;
CREATE INDEX CONCURRENTLY customers_lower_email__new ON public.customers USING btree (lower(login));
