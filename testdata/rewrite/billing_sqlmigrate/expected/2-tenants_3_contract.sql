-- bgdb: phase=contract release=2-tenants
-- 3 of 3 files that replace 2-tenants.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
-- +migrate Up
ALTER TABLE payments DROP CONSTRAINT payments_invoice_id_fkey;

ALTER TABLE invoices DROP CONSTRAINT invoices_pkey;

ALTER TABLE public.invoices ADD CONSTRAINT invoices_pkey PRIMARY KEY USING INDEX invoices_pkey__new;

-- +migrate Down
ALTER TABLE public.invoices DROP CONSTRAINT IF EXISTS invoices_pkey;
-- +migrate StatementBegin
DO $bgdb$
BEGIN
  RAISE EXCEPTION '%', 'bgdb: constraint invoices_pkey goes with contract; it cannot be undone' USING HINT = 'Restore the old schema with a new migration, or from a backup.';
END
$bgdb$;
-- +migrate StatementEnd
-- +migrate StatementBegin
DO $bgdb$
BEGIN
  RAISE EXCEPTION '%', 'bgdb: constraint payments_invoice_id_fkey goes with contract; it cannot be undone' USING HINT = 'Restore the old schema with a new migration, or from a backup.';
END
$bgdb$;
-- +migrate StatementEnd
