-- bgdb: phase=expand release=000002_bigint_keys
-- Takes back 000003_bigint_keys_expand.up.sql.
LOCK TABLE public.entries IN ACCESS EXCLUSIVE MODE;
DROP TRIGGER IF EXISTS zz_bgdb_sync_id__new ON public.entries;
DROP FUNCTION IF EXISTS public.bgdb_sync_entries_id__new();
ALTER TABLE public.entries DROP COLUMN IF EXISTS id__new;
LOCK TABLE public.entries IN ACCESS EXCLUSIVE MODE;
DROP TRIGGER IF EXISTS zz_bgdb_sync_account_id__new ON public.entries;
DROP FUNCTION IF EXISTS public.bgdb_sync_entries_account_id__new();
ALTER TABLE public.entries DROP COLUMN IF EXISTS account_id__new;
LOCK TABLE public.accounts IN ACCESS EXCLUSIVE MODE;
DROP TRIGGER IF EXISTS zz_bgdb_sync_id__new ON public.accounts;
DROP FUNCTION IF EXISTS public.bgdb_sync_accounts_id__new();
ALTER TABLE public.accounts DROP COLUMN IF EXISTS id__new;
