-- bgdb: phase=expand release=2024-02-01-000000_split_name
-- 1 of 6 files that replace up.sql; see PLAN.md.
ALTER TABLE people ADD COLUMN first_name text, ADD COLUMN last_name text;

-- old and new columns are kept equal from here on
-- The value of first_name that follows from name; NULL when a value does not convert: the old version may still write it.
CREATE FUNCTION public.bgdb_forward_people_first_name(text) RETURNS text LANGUAGE plpgsql SET search_path = public, pg_temp AS $bgdb$
#variable_conflict use_column
DECLARE
  converted text;
BEGIN
  converted := (SELECT split_part(name, ' ', 1) FROM (SELECT $1 AS name) AS people);
  RETURN converted;
EXCEPTION WHEN data_exception OR integrity_constraint_violation OR raise_exception THEN
  RETURN NULL;
END
$bgdb$;
-- The value of last_name that follows from name; NULL when a value does not convert: the old version may still write it.
CREATE FUNCTION public.bgdb_forward_people_last_name(text) RETURNS text LANGUAGE plpgsql SET search_path = public, pg_temp AS $bgdb$
#variable_conflict use_column
DECLARE
  converted text;
BEGIN
  converted := (SELECT split_part(name, ' ', 2) FROM (SELECT $1 AS name) AS people);
  RETURN converted;
EXCEPTION WHEN data_exception OR integrity_constraint_violation OR raise_exception THEN
  RETURN NULL;
END
$bgdb$;
-- Keeps name (old version) and first_name, last_name (new version) equal. The side that a statement changed decides; when it changed
-- both, the new one does. A row that replication brings with both sides equal stays as it is.
CREATE FUNCTION public.bgdb_sync_people_first_name() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $bgdb$
#variable_conflict use_column
DECLARE
  forward_1 text;
  forward_2 text;
  new_written boolean;
  old_written boolean;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    new_written := NEW.first_name IS DISTINCT FROM OLD.first_name OR NEW.last_name IS DISTINCT FROM OLD.last_name;
    old_written := NEW.name IS DISTINCT FROM OLD.name OR (NEW.first_name IS NULL AND NEW.last_name IS NULL);
    IF NOT (new_written OR old_written) THEN
      RETURN NEW;
    END IF;
  ELSE
    new_written := NEW.first_name IS NOT NULL OR NEW.last_name IS NOT NULL;
    old_written := NEW.name IS NOT NULL OR (NEW.first_name IS NULL AND NEW.last_name IS NULL);
  END IF;
  forward_1 := public.bgdb_forward_people_first_name(NEW.name);
  forward_2 := public.bgdb_forward_people_last_name(NEW.name);
  IF NOT (NEW.first_name IS DISTINCT FROM forward_1 OR NEW.last_name IS DISTINCT FROM forward_2) THEN
    RETURN NEW;
  END IF;
  IF old_written AND NOT new_written THEN
    NEW.first_name := forward_1;
    NEW.last_name := forward_2;
  ELSE
    NEW.name := (SELECT first_name || ' ' || last_name FROM (SELECT NEW.first_name AS first_name, NEW.last_name AS last_name) AS people);
  END IF;
  RETURN NEW;
END
$bgdb$;
CREATE TRIGGER zz_bgdb_sync_first_name BEFORE INSERT OR UPDATE ON public.people FOR EACH ROW EXECUTE FUNCTION public.bgdb_sync_people_first_name();
-- Also where replication applies rows: it fills the new columns of a row that came without them, and leaves a row alone
-- that came with both.
ALTER TABLE public.people ENABLE ALWAYS TRIGGER zz_bgdb_sync_first_name;
SELECT split_part(name, ' ', 1), split_part(name, ' ', 2), first_name || ' ' || last_name FROM public.people WHERE false;
