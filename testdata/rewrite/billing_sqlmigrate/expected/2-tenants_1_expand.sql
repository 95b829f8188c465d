-- bgdb: phase=expand release=2-tenants
-- 1 of 3 files that replace 2-tenants.sql; see PLAN.md.
-- +migrate Up notransaction
DROP INDEX CONCURRENTLY IF EXISTS public.invoices_pkey__new;
CREATE UNIQUE INDEX CONCURRENTLY invoices_pkey__new ON public.invoices (tenant, id);

-- +migrate Down notransaction
DROP INDEX CONCURRENTLY IF EXISTS public.invoices_pkey__new;
