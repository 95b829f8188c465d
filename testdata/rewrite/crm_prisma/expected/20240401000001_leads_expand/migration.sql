-- bgdb: phase=expand release=20240401000000_leads
-- 1 of 9 files that replace migration.sql; see PLAN.md.
CREATE TYPE "LeadStatus_new" AS ENUM ('NEW', 'CONTACTED');

-- old and new columns are kept equal from here on
ALTER TABLE public."Lead" ADD COLUMN status__new public."LeadStatus_new";
-- The value of status__new that follows from status; NULL when a value does not convert: the old version may still write it.
CREATE FUNCTION public."bgdb_forward_Lead_status__new"(public."LeadStatus") RETURNS public."LeadStatus_new" LANGUAGE plpgsql SET search_path = public, pg_temp AS $bgdb$
#variable_conflict use_column
DECLARE
  converted public."LeadStatus_new";
BEGIN
  converted := (SELECT status::text::"LeadStatus_new" FROM (SELECT $1 AS status) AS "Lead");
  RETURN converted;
EXCEPTION WHEN data_exception OR integrity_constraint_violation OR raise_exception THEN
  RETURN NULL;
END
$bgdb$;
-- Keeps status (old version) and status__new (new version) equal. The side that a statement changed decides; when it changed
-- both, the new one does. A row that replication brings with both sides equal stays as it is.
CREATE FUNCTION public."bgdb_sync_Lead_status__new"() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $bgdb$
#variable_conflict use_column
DECLARE
  forward_1 public."LeadStatus_new";
  new_written boolean;
  old_written boolean;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    new_written := NEW.status__new IS DISTINCT FROM OLD.status__new;
    old_written := NEW.status IS DISTINCT FROM OLD.status OR (NEW.status__new IS NULL);
    IF NOT (new_written OR old_written) THEN
      RETURN NEW;
    END IF;
  ELSE
    new_written := NEW.status__new IS NOT NULL;
    old_written := NEW.status IS DISTINCT FROM CAST('NEW' AS public."LeadStatus") OR (NEW.status__new IS NULL);
  END IF;
  forward_1 := public."bgdb_forward_Lead_status__new"(NEW.status);
  IF NOT (NEW.status__new IS DISTINCT FROM forward_1) THEN
    RETURN NEW;
  END IF;
  IF old_written AND NOT new_written THEN
    NEW.status__new := forward_1;
  ELSE
    NEW.status := (SELECT (status__new)::text::public."LeadStatus" FROM (SELECT NEW.status__new AS status__new) AS "Lead");
  END IF;
  RETURN NEW;
END
$bgdb$;
CREATE TRIGGER zz_bgdb_sync_status__new BEFORE INSERT OR UPDATE ON public."Lead" FOR EACH ROW EXECUTE FUNCTION public."bgdb_sync_Lead_status__new"();
-- Also where replication applies rows: it fills the new columns of a row that came without them, and leaves a row alone
-- that came with both.
ALTER TABLE public."Lead" ENABLE ALWAYS TRIGGER zz_bgdb_sync_status__new;
SELECT status::text::"LeadStatus_new", (status__new)::text::public."LeadStatus" FROM public."Lead" WHERE false;
-- Comment, column privileges and statistics target of the old column, whatever they are on this server.
DO $bgdb$
DECLARE
  bgdb_old pg_attribute;
  bgdb_grant record;
BEGIN
  SELECT * INTO bgdb_old FROM pg_attribute WHERE attrelid = 'public."Lead"'::regclass AND attname = 'status';
  IF col_description(bgdb_old.attrelid, bgdb_old.attnum) IS NOT NULL THEN
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', 'public."Lead"', 'status__new', col_description(bgdb_old.attrelid, bgdb_old.attnum));
  END IF;
  FOR bgdb_grant IN SELECT CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS grantee,
      privilege_type, is_grantable FROM aclexplode(bgdb_old.attacl) LOOP
    EXECUTE format('GRANT %s (%I) ON %s TO %s%s', bgdb_grant.privilege_type, 'status__new', 'public."Lead"',
      bgdb_grant.grantee, CASE WHEN bgdb_grant.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
  END LOOP;
  IF bgdb_old.attstattarget >= 0 THEN
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', 'public."Lead"', 'status__new', bgdb_old.attstattarget);
  END IF;
END
$bgdb$;

ALTER TABLE public."Lead" ADD COLUMN "ownerId" text;
