-- bgdb: phase=expand release=V2__rename_email_and_require_phone
-- 1 of 8 files that replace V2__rename_email_and_require_phone.sql; see PLAN.md.
-- old and new columns are kept equal from here on
ALTER TABLE public.customers ADD COLUMN login varchar(200);
-- Keeps email (old version) and login (new version) equal. The side that a statement changed decides; when it changed
-- both, the new one does. A row that replication brings with both sides equal stays as it is.
CREATE FUNCTION public.bgdb_sync_customers_login() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $bgdb$
#variable_conflict use_column
DECLARE
  forward_1 varchar(200);
  new_written boolean;
  old_written boolean;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    new_written := NEW.login IS DISTINCT FROM OLD.login;
    old_written := NEW.email IS DISTINCT FROM OLD.email OR (NEW.login IS NULL);
    IF NOT (new_written OR old_written) THEN
      RETURN NEW;
    END IF;
  ELSE
    new_written := NEW.login IS NOT NULL;
    old_written := NEW.email IS NOT NULL OR (NEW.login IS NULL);
  END IF;
  forward_1 := NEW.email;
  IF NOT (NEW.login IS DISTINCT FROM forward_1) THEN
    RETURN NEW;
  END IF;
  IF old_written AND NOT new_written THEN
    NEW.login := forward_1;
  ELSE
    NEW.email := NEW.login;
  END IF;
  RETURN NEW;
END
$bgdb$;
CREATE TRIGGER zz_bgdb_sync_login BEFORE INSERT OR UPDATE ON public.customers FOR EACH ROW EXECUTE FUNCTION public.bgdb_sync_customers_login();
-- Also where replication applies rows: it fills the new columns of a row that came without them, and leaves a row alone
-- that came with both.
ALTER TABLE public.customers ENABLE ALWAYS TRIGGER zz_bgdb_sync_login;
-- Comment, column privileges and statistics target of the old column, whatever they are on this server.
DO $bgdb$
DECLARE
  bgdb_old pg_attribute;
  bgdb_grant record;
BEGIN
  SELECT * INTO bgdb_old FROM pg_attribute WHERE attrelid = 'public.customers'::regclass AND attname = 'email';
  IF col_description(bgdb_old.attrelid, bgdb_old.attnum) IS NOT NULL THEN
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', 'public.customers', 'login', col_description(bgdb_old.attrelid, bgdb_old.attnum));
  END IF;
  FOR bgdb_grant IN SELECT CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS grantee,
      privilege_type, is_grantable FROM aclexplode(bgdb_old.attacl) LOOP
    EXECUTE format('GRANT %s (%I) ON %s TO %s%s', bgdb_grant.privilege_type, 'login', 'public.customers',
      bgdb_grant.grantee, CASE WHEN bgdb_grant.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
  END LOOP;
  IF bgdb_old.attstattarget >= 0 THEN
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', 'public.customers', 'login', bgdb_old.attstattarget);
  END IF;
END
$bgdb$;
