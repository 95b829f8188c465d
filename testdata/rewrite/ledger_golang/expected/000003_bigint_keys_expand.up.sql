-- bgdb: phase=expand release=000002_bigint_keys
-- 1 of 16 files that replace 000002_bigint_keys.up.sql; see PLAN.md.
-- old and new columns are kept equal from here on
ALTER TABLE public.accounts ADD COLUMN id__new int8;
-- Keeps id (old version) and id__new (new version) equal. The side that a statement changed decides; when it changed
-- both, the new one does. A row that replication brings with both sides equal stays as it is.
CREATE FUNCTION public.bgdb_sync_accounts_id__new() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $bgdb$
#variable_conflict use_column
DECLARE
  forward_1 int8;
  new_written boolean;
  old_written boolean;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    new_written := NEW.id__new IS DISTINCT FROM OLD.id__new;
    old_written := NEW.id IS DISTINCT FROM OLD.id OR (NEW.id__new IS NULL);
    IF NOT (new_written OR old_written) THEN
      RETURN NEW;
    END IF;
  ELSE
    new_written := NEW.id__new IS NOT NULL;
    old_written := true;
  END IF;
  forward_1 := NEW.id;
  IF NOT (NEW.id__new IS DISTINCT FROM forward_1) THEN
    RETURN NEW;
  END IF;
  IF old_written AND NOT new_written THEN
    NEW.id__new := forward_1;
  ELSE
    NEW.id := (SELECT (id__new)::int4 FROM (SELECT NEW.id__new AS id__new) AS accounts);
  END IF;
  RETURN NEW;
END
$bgdb$;
CREATE TRIGGER zz_bgdb_sync_id__new BEFORE INSERT OR UPDATE ON public.accounts FOR EACH ROW EXECUTE FUNCTION public.bgdb_sync_accounts_id__new();
-- Also where replication applies rows: it fills the new columns of a row that came without them, and leaves a row alone
-- that came with both.
ALTER TABLE public.accounts ENABLE ALWAYS TRIGGER zz_bgdb_sync_id__new;
ALTER TABLE public.accounts ADD CONSTRAINT accounts_id__new_not_null__new CHECK (id__new IS NOT NULL) NOT VALID;
-- Comment, column privileges and statistics target of the old column, whatever they are on this server.
DO $bgdb$
DECLARE
  bgdb_old pg_attribute;
  bgdb_grant record;
BEGIN
  SELECT * INTO bgdb_old FROM pg_attribute WHERE attrelid = 'public.accounts'::regclass AND attname = 'id';
  IF col_description(bgdb_old.attrelid, bgdb_old.attnum) IS NOT NULL THEN
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', 'public.accounts', 'id__new', col_description(bgdb_old.attrelid, bgdb_old.attnum));
  END IF;
  FOR bgdb_grant IN SELECT CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS grantee,
      privilege_type, is_grantable FROM aclexplode(bgdb_old.attacl) LOOP
    EXECUTE format('GRANT %s (%I) ON %s TO %s%s', bgdb_grant.privilege_type, 'id__new', 'public.accounts',
      bgdb_grant.grantee, CASE WHEN bgdb_grant.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
  END LOOP;
  IF bgdb_old.attstattarget >= 0 THEN
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', 'public.accounts', 'id__new', bgdb_old.attstattarget);
  END IF;
END
$bgdb$;

-- old and new columns are kept equal from here on
ALTER TABLE public.entries ADD COLUMN account_id__new int8;
-- Keeps account_id (old version) and account_id__new (new version) equal. The side that a statement changed decides; when it changed
-- both, the new one does. A row that replication brings with both sides equal stays as it is.
CREATE FUNCTION public.bgdb_sync_entries_account_id__new() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $bgdb$
#variable_conflict use_column
DECLARE
  forward_1 int8;
  new_written boolean;
  old_written boolean;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    new_written := NEW.account_id__new IS DISTINCT FROM OLD.account_id__new;
    old_written := NEW.account_id IS DISTINCT FROM OLD.account_id OR (NEW.account_id__new IS NULL);
    IF NOT (new_written OR old_written) THEN
      RETURN NEW;
    END IF;
  ELSE
    new_written := NEW.account_id__new IS NOT NULL;
    old_written := NEW.account_id IS NOT NULL OR (NEW.account_id__new IS NULL);
  END IF;
  forward_1 := NEW.account_id;
  IF NOT (NEW.account_id__new IS DISTINCT FROM forward_1) THEN
    RETURN NEW;
  END IF;
  IF old_written AND NOT new_written THEN
    NEW.account_id__new := forward_1;
  ELSE
    NEW.account_id := (SELECT (account_id__new)::int4 FROM (SELECT NEW.account_id__new AS account_id__new) AS entries);
  END IF;
  RETURN NEW;
END
$bgdb$;
CREATE TRIGGER zz_bgdb_sync_account_id__new BEFORE INSERT OR UPDATE ON public.entries FOR EACH ROW EXECUTE FUNCTION public.bgdb_sync_entries_account_id__new();
-- Also where replication applies rows: it fills the new columns of a row that came without them, and leaves a row alone
-- that came with both.
ALTER TABLE public.entries ENABLE ALWAYS TRIGGER zz_bgdb_sync_account_id__new;
ALTER TABLE public.entries ADD CONSTRAINT entries_account_id__new_not_null__new CHECK (account_id__new IS NOT NULL) NOT VALID;
-- Comment, column privileges and statistics target of the old column, whatever they are on this server.
DO $bgdb$
DECLARE
  bgdb_old pg_attribute;
  bgdb_grant record;
BEGIN
  SELECT * INTO bgdb_old FROM pg_attribute WHERE attrelid = 'public.entries'::regclass AND attname = 'account_id';
  IF col_description(bgdb_old.attrelid, bgdb_old.attnum) IS NOT NULL THEN
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', 'public.entries', 'account_id__new', col_description(bgdb_old.attrelid, bgdb_old.attnum));
  END IF;
  FOR bgdb_grant IN SELECT CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS grantee,
      privilege_type, is_grantable FROM aclexplode(bgdb_old.attacl) LOOP
    EXECUTE format('GRANT %s (%I) ON %s TO %s%s', bgdb_grant.privilege_type, 'account_id__new', 'public.entries',
      bgdb_grant.grantee, CASE WHEN bgdb_grant.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
  END LOOP;
  IF bgdb_old.attstattarget >= 0 THEN
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', 'public.entries', 'account_id__new', bgdb_old.attstattarget);
  END IF;
END
$bgdb$;

-- old and new columns are kept equal from here on
ALTER TABLE public.entries ADD COLUMN id__new int8;
-- Keeps id (old version) and id__new (new version) equal. The side that a statement changed decides; when it changed
-- both, the new one does. A row that replication brings with both sides equal stays as it is.
CREATE FUNCTION public.bgdb_sync_entries_id__new() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $bgdb$
#variable_conflict use_column
DECLARE
  forward_1 int8;
  new_written boolean;
  old_written boolean;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    new_written := NEW.id__new IS DISTINCT FROM OLD.id__new;
    old_written := NEW.id IS DISTINCT FROM OLD.id OR (NEW.id__new IS NULL);
    IF NOT (new_written OR old_written) THEN
      RETURN NEW;
    END IF;
  ELSE
    new_written := NEW.id__new IS NOT NULL;
    old_written := true;
  END IF;
  forward_1 := NEW.id;
  IF NOT (NEW.id__new IS DISTINCT FROM forward_1) THEN
    RETURN NEW;
  END IF;
  IF old_written AND NOT new_written THEN
    NEW.id__new := forward_1;
  ELSE
    NEW.id := (SELECT (id__new)::int4 FROM (SELECT NEW.id__new AS id__new) AS entries);
  END IF;
  RETURN NEW;
END
$bgdb$;
CREATE TRIGGER zz_bgdb_sync_id__new BEFORE INSERT OR UPDATE ON public.entries FOR EACH ROW EXECUTE FUNCTION public.bgdb_sync_entries_id__new();
-- Also where replication applies rows: it fills the new columns of a row that came without them, and leaves a row alone
-- that came with both.
ALTER TABLE public.entries ENABLE ALWAYS TRIGGER zz_bgdb_sync_id__new;
ALTER TABLE public.entries ADD CONSTRAINT entries_id__new_not_null__new CHECK (id__new IS NOT NULL) NOT VALID;
-- Comment, column privileges and statistics target of the old column, whatever they are on this server.
DO $bgdb$
DECLARE
  bgdb_old pg_attribute;
  bgdb_grant record;
BEGIN
  SELECT * INTO bgdb_old FROM pg_attribute WHERE attrelid = 'public.entries'::regclass AND attname = 'id';
  IF col_description(bgdb_old.attrelid, bgdb_old.attnum) IS NOT NULL THEN
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', 'public.entries', 'id__new', col_description(bgdb_old.attrelid, bgdb_old.attnum));
  END IF;
  FOR bgdb_grant IN SELECT CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS grantee,
      privilege_type, is_grantable FROM aclexplode(bgdb_old.attacl) LOOP
    EXECUTE format('GRANT %s (%I) ON %s TO %s%s', bgdb_grant.privilege_type, 'id__new', 'public.entries',
      bgdb_grant.grantee, CASE WHEN bgdb_grant.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
  END LOOP;
  IF bgdb_old.attstattarget >= 0 THEN
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', 'public.entries', 'id__new', bgdb_old.attstattarget);
  END IF;
END
$bgdb$;
