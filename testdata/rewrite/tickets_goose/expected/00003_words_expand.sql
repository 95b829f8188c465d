-- bgdb: phase=expand release=00002_words
-- 1 of 8 files that replace 00002_words.sql; see PLAN.md.
-- +goose Up
CREATE TYPE public.ticket_state__new AS ENUM ('open', 'resolved');

-- old and new columns are kept equal from here on
ALTER TABLE public.tickets ADD COLUMN state__new public.ticket_state__new;
ALTER TABLE public.tickets ALTER COLUMN state__new SET DEFAULT 'open';
-- +goose StatementBegin
-- The value of state__new that follows from state; NULL when a value does not convert: the old version may still write it.
CREATE FUNCTION public.bgdb_forward_tickets_state__new(public.ticket_state) RETURNS public.ticket_state__new LANGUAGE plpgsql SET search_path = public, pg_temp AS $bgdb$
#variable_conflict use_column
DECLARE
  converted public.ticket_state__new;
BEGIN
  converted := (SELECT (CASE state::text WHEN 'closed' THEN 'resolved' ELSE state::text END)::public.ticket_state__new FROM (SELECT $1 AS state) AS tickets);
  RETURN converted;
EXCEPTION WHEN data_exception OR integrity_constraint_violation OR raise_exception THEN
  RETURN NULL;
END
$bgdb$;
-- +goose StatementEnd
-- +goose StatementBegin
-- Keeps state (old version) and state__new (new version) equal. The side that a statement changed decides; when it changed
-- both, the new one does. A row that replication brings with both sides equal stays as it is.
CREATE FUNCTION public.bgdb_sync_tickets_state__new() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $bgdb$
#variable_conflict use_column
DECLARE
  forward_1 public.ticket_state__new;
  new_written boolean;
  old_written boolean;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    new_written := NEW.state__new IS DISTINCT FROM OLD.state__new;
    old_written := NEW.state IS DISTINCT FROM OLD.state OR (NEW.state__new IS NULL);
    IF NOT (new_written OR old_written) THEN
      RETURN NEW;
    END IF;
  ELSE
    new_written := NEW.state__new IS DISTINCT FROM CAST('open' AS public.ticket_state__new);
    old_written := NEW.state IS DISTINCT FROM CAST('open' AS public.ticket_state) OR (NEW.state__new IS NULL);
  END IF;
  forward_1 := public.bgdb_forward_tickets_state__new(NEW.state);
  IF NOT (NEW.state__new IS DISTINCT FROM forward_1) THEN
    RETURN NEW;
  END IF;
  IF old_written AND NOT new_written THEN
    NEW.state__new := forward_1;
  ELSE
    NEW.state := (SELECT (CASE state__new::text WHEN 'resolved' THEN 'closed' ELSE state__new::text END)::public.ticket_state FROM (SELECT NEW.state__new AS state__new) AS tickets);
  END IF;
  RETURN NEW;
END
$bgdb$;
-- +goose StatementEnd
CREATE TRIGGER zz_bgdb_sync_state__new BEFORE INSERT OR UPDATE ON public.tickets FOR EACH ROW EXECUTE FUNCTION public.bgdb_sync_tickets_state__new();
-- Also where replication applies rows: it fills the new columns of a row that came without them, and leaves a row alone
-- that came with both.
ALTER TABLE public.tickets ENABLE ALWAYS TRIGGER zz_bgdb_sync_state__new;
SELECT (CASE state::text WHEN 'closed' THEN 'resolved' ELSE state::text END)::public.ticket_state__new, (CASE state__new::text WHEN 'resolved' THEN 'closed' ELSE state__new::text END)::public.ticket_state FROM public.tickets WHERE false;
ALTER TABLE public.tickets ADD CONSTRAINT tickets_state__new_not_null__new CHECK (state__new IS NOT NULL) NOT VALID;
-- +goose StatementBegin
-- Comment, column privileges and statistics target of the old column, whatever they are on this server.
DO $bgdb$
DECLARE
  bgdb_old pg_attribute;
  bgdb_grant record;
BEGIN
  SELECT * INTO bgdb_old FROM pg_attribute WHERE attrelid = 'public.tickets'::regclass AND attname = 'state';
  IF col_description(bgdb_old.attrelid, bgdb_old.attnum) IS NOT NULL THEN
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', 'public.tickets', 'state__new', col_description(bgdb_old.attrelid, bgdb_old.attnum));
  END IF;
  FOR bgdb_grant IN SELECT CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS grantee,
      privilege_type, is_grantable FROM aclexplode(bgdb_old.attacl) LOOP
    EXECUTE format('GRANT %s (%I) ON %s TO %s%s', bgdb_grant.privilege_type, 'state__new', 'public.tickets',
      bgdb_grant.grantee, CASE WHEN bgdb_grant.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
  END LOOP;
  IF bgdb_old.attstattarget >= 0 THEN
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', 'public.tickets', 'state__new', bgdb_old.attstattarget);
  END IF;
END
$bgdb$;
-- +goose StatementEnd

ALTER TABLE public.tickets ADD COLUMN public_id uuid;

ALTER TABLE public.tickets ALTER COLUMN public_id SET DEFAULT gen_random_uuid();

-- +goose Down
ALTER TABLE IF EXISTS public.tickets ALTER COLUMN public_id DROP DEFAULT;
ALTER TABLE IF EXISTS public.tickets DROP COLUMN IF EXISTS public_id;
LOCK TABLE public.tickets IN ACCESS EXCLUSIVE MODE;
DROP TRIGGER IF EXISTS zz_bgdb_sync_state__new ON public.tickets;
DROP FUNCTION IF EXISTS public.bgdb_sync_tickets_state__new();
DROP FUNCTION IF EXISTS public.bgdb_forward_tickets_state__new;
ALTER TABLE public.tickets DROP COLUMN IF EXISTS state__new;
DROP TYPE IF EXISTS public.ticket_state__new;
