-- bgdb: phase=contract
-- 3 of 3 files that replace 2-tenants.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
-- +migrate Up
ALTER TABLE payments DROP CONSTRAINT payments_invoice_id_fkey;

ALTER TABLE invoices DROP CONSTRAINT invoices_pkey;

ALTER TABLE public.invoices ADD CONSTRAINT invoices_pkey PRIMARY KEY USING INDEX invoices_pkey__new;

-- +migrate Down
ALTER TABLE public.invoices DROP CONSTRAINT IF EXISTS invoices_pkey;
