-- The trigger function that keeps old and new columns of a table equal while two versions of an application run.
-- Parameters: function, path, olds, news, declare, new_changed, old_changed, new_inserted, old_inserted, forward, differ,
-- to_new, to_old. Result: none. Privilege: CREATE on the schema. Lock: none.

-- Keeps {{olds}} (old version) and {{news}} (new version) equal. The side that a statement changed decides; when it changed
-- both, the new one does. A row that replication brings with both sides equal stays as it is.
CREATE FUNCTION {{function}}() RETURNS trigger LANGUAGE plpgsql SET search_path = {{path}} AS $bgdb$
#variable_conflict use_column
DECLARE
{{declare}}
  new_written boolean;
  old_written boolean;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    new_written := {{new_changed}};
    old_written := {{old_changed}};
    IF NOT (new_written OR old_written) THEN
      RETURN NEW;
    END IF;
  ELSE
    new_written := {{new_inserted}};
    old_written := {{old_inserted}};
  END IF;
{{forward}}
  IF NOT ({{differ}}) THEN
    RETURN NEW;
  END IF;
  IF old_written AND NOT new_written THEN
{{to_new}}
  ELSE
{{to_old}}
  END IF;
  RETURN NEW;
END
$bgdb$;
