-- A conversion from the old columns to one new column that cannot fail: what does not convert is NULL.
-- Parameters: function, arguments, type, path, expression, what. Result: none. Privilege: CREATE on the schema. Lock: none.

-- {{what}}; NULL when a value does not convert: the old version may still write it.
CREATE FUNCTION {{function}}({{arguments}}) RETURNS {{type}} LANGUAGE plpgsql SET search_path = {{path}} AS $bgdb$
#variable_conflict use_column
DECLARE
  converted {{type}};
BEGIN
  converted := {{expression}};
  RETURN converted;
EXCEPTION WHEN data_exception OR integrity_constraint_violation OR raise_exception THEN
  RETURN NULL;
END
$bgdb$;
