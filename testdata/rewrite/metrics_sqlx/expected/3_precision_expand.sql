-- bgdb: phase=expand release=2_precision
-- 1 of 7 files that replace 2_precision.sql; see PLAN.md.
-- old and new columns are kept equal from here on
ALTER TABLE public.samples ADD COLUMN reading__new float8;
-- Keeps reading (old version) and reading__new (new version) equal. The side that a statement changed decides; when it changed
-- both, the new one does. A row that replication brings with both sides equal stays as it is.
CREATE FUNCTION public.bgdb_sync_samples_reading__new() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $bgdb$
#variable_conflict use_column
DECLARE
  forward_1 float8;
  new_written boolean;
  old_written boolean;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    new_written := NEW.reading__new IS DISTINCT FROM OLD.reading__new;
    old_written := NEW.reading IS DISTINCT FROM OLD.reading OR (NEW.reading__new IS NULL);
    IF NOT (new_written OR old_written) THEN
      RETURN NEW;
    END IF;
  ELSE
    new_written := NEW.reading__new IS NOT NULL;
    old_written := NEW.reading IS NOT NULL OR (NEW.reading__new IS NULL);
  END IF;
  forward_1 := NEW.reading;
  IF NOT (NEW.reading__new IS DISTINCT FROM forward_1) THEN
    RETURN NEW;
  END IF;
  IF old_written AND NOT new_written THEN
    NEW.reading__new := forward_1;
  ELSE
    NEW.reading := (SELECT (reading__new)::float4 FROM (SELECT NEW.reading__new AS reading__new) AS samples);
  END IF;
  RETURN NEW;
END
$bgdb$;
CREATE TRIGGER zz_bgdb_sync_reading__new BEFORE INSERT OR UPDATE ON public.samples FOR EACH ROW EXECUTE FUNCTION public.bgdb_sync_samples_reading__new();
-- Also where replication applies rows: it fills the new columns of a row that came without them, and leaves a row alone
-- that came with both.
ALTER TABLE public.samples ENABLE ALWAYS TRIGGER zz_bgdb_sync_reading__new;
-- Comment, column privileges and statistics target of the old column, whatever they are on this server.
DO $bgdb$
DECLARE
  bgdb_old pg_attribute;
  bgdb_grant record;
BEGIN
  SELECT * INTO bgdb_old FROM pg_attribute WHERE attrelid = 'public.samples'::regclass AND attname = 'reading';
  IF col_description(bgdb_old.attrelid, bgdb_old.attnum) IS NOT NULL THEN
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', 'public.samples', 'reading__new', col_description(bgdb_old.attrelid, bgdb_old.attnum));
  END IF;
  FOR bgdb_grant IN SELECT CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS grantee,
      privilege_type, is_grantable FROM aclexplode(bgdb_old.attacl) LOOP
    EXECUTE format('GRANT %s (%I) ON %s TO %s%s', bgdb_grant.privilege_type, 'reading__new', 'public.samples',
      bgdb_grant.grantee, CASE WHEN bgdb_grant.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
  END LOOP;
  IF bgdb_old.attstattarget >= 0 THEN
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', 'public.samples', 'reading__new', bgdb_old.attstattarget);
  END IF;
END
$bgdb$;
