-- bgdb: phase=expand release=002_prices
-- 1 of 8 files that replace 002_prices.sql; see PLAN.md.
-- old and new columns are kept equal from here on
ALTER TABLE public.items ADD COLUMN price_cents__new numeric(12,2);
-- The value of price_cents__new that follows from price_cents; NULL when a value does not convert: the old version may still write it.
CREATE FUNCTION public.bgdb_forward_items_price_cents__new(int4) RETURNS numeric(12,2) LANGUAGE plpgsql SET search_path = public, pg_temp AS $bgdb$
#variable_conflict use_column
DECLARE
  converted numeric(12,2);
BEGIN
  converted := (SELECT price_cents / 100.0 FROM (SELECT $1 AS price_cents) AS items);
  RETURN converted;
EXCEPTION WHEN data_exception OR integrity_constraint_violation OR raise_exception THEN
  RETURN NULL;
END
$bgdb$;
-- Keeps price_cents (old version) and price_cents__new (new version) equal. The side that a statement changed decides; when it changed
-- both, the new one does. A row that replication brings with both sides equal stays as it is.
CREATE FUNCTION public.bgdb_sync_items_price_cents__new() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $bgdb$
#variable_conflict use_column
DECLARE
  forward_1 numeric(12,2);
  new_written boolean;
  old_written boolean;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    new_written := (NEW.price_cents__new)::text COLLATE "C" IS DISTINCT FROM (OLD.price_cents__new)::text COLLATE "C";
    old_written := NEW.price_cents IS DISTINCT FROM OLD.price_cents OR (NEW.price_cents__new IS NULL);
    IF NOT (new_written OR old_written) THEN
      RETURN NEW;
    END IF;
  ELSE
    new_written := NEW.price_cents__new IS NOT NULL;
    old_written := NEW.price_cents IS NOT NULL OR (NEW.price_cents__new IS NULL);
  END IF;
  forward_1 := public.bgdb_forward_items_price_cents__new(NEW.price_cents);
  IF NOT ((NEW.price_cents__new)::text COLLATE "C" IS DISTINCT FROM (forward_1)::text COLLATE "C") THEN
    RETURN NEW;
  END IF;
  IF old_written AND NOT new_written THEN
    NEW.price_cents__new := forward_1;
  ELSE
    NEW.price_cents := (SELECT (price_cents__new * 100)::int FROM (SELECT NEW.price_cents__new AS price_cents__new) AS items);
  END IF;
  RETURN NEW;
END
$bgdb$;
CREATE TRIGGER zz_bgdb_sync_price_cents__new BEFORE INSERT OR UPDATE ON public.items FOR EACH ROW EXECUTE FUNCTION public.bgdb_sync_items_price_cents__new();
-- Also where replication applies rows: it fills the new columns of a row that came without them, and leaves a row alone
-- that came with both.
ALTER TABLE public.items ENABLE ALWAYS TRIGGER zz_bgdb_sync_price_cents__new;
SELECT price_cents / 100.0, (price_cents__new * 100)::int FROM public.items WHERE false;
-- Comment, column privileges and statistics target of the old column, whatever they are on this server.
DO $bgdb$
DECLARE
  bgdb_old pg_attribute;
  bgdb_grant record;
BEGIN
  SELECT * INTO bgdb_old FROM pg_attribute WHERE attrelid = 'public.items'::regclass AND attname = 'price_cents';
  IF col_description(bgdb_old.attrelid, bgdb_old.attnum) IS NOT NULL THEN
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', 'public.items', 'price_cents__new', col_description(bgdb_old.attrelid, bgdb_old.attnum));
  END IF;
  FOR bgdb_grant IN SELECT CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS grantee,
      privilege_type, is_grantable FROM aclexplode(bgdb_old.attacl) LOOP
    EXECUTE format('GRANT %s (%I) ON %s TO %s%s', bgdb_grant.privilege_type, 'price_cents__new', 'public.items',
      bgdb_grant.grantee, CASE WHEN bgdb_grant.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
  END LOOP;
  IF bgdb_old.attstattarget >= 0 THEN
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', 'public.items', 'price_cents__new', bgdb_old.attstattarget);
  END IF;
END
$bgdb$;

CREATE VIEW public.price_list__new (code, price) AS SELECT "Item Code" AS code, price_cents__new AS price FROM items;

-- the new version's name for public.bins
CREATE OR REPLACE VIEW warehouse.bins AS SELECT * FROM public.bins;
-- The table's privileges and row security hold for those who come by the view, too.
DO $bgdb$
DECLARE
  bgdb_grant record;
BEGIN
  IF current_setting('server_version_num')::integer >= 150000 THEN
    EXECUTE 'ALTER VIEW warehouse.bins SET (security_invoker = true)';
  END IF;
  FOR bgdb_grant IN SELECT CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS grantee,
      privilege_type, is_grantable FROM pg_class, aclexplode(relacl) WHERE oid = 'public.bins'::regclass
      AND privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') LOOP
    EXECUTE format('GRANT %s ON warehouse.bins TO %s%s', bgdb_grant.privilege_type, bgdb_grant.grantee,
      CASE WHEN bgdb_grant.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
  END LOOP;
END
$bgdb$;

ALTER TABLE public.items ADD COLUMN bin_id int4;
