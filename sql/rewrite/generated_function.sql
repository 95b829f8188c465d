-- The trigger function that computes a column as GENERATED ALWAYS AS (expression) STORED would.
-- Parameters: function, path, column, expression. Result: none. Privilege: CREATE on the schema. Lock: none.

CREATE FUNCTION {{function}}() RETURNS trigger LANGUAGE plpgsql SET search_path = {{path}} AS $bgdb$
#variable_conflict use_column
BEGIN
  NEW.{{column}} := (SELECT {{expression}} FROM (SELECT (NEW).*) AS bgdb_row);
  RETURN NEW;
END
$bgdb$;
