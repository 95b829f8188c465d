ALTER DOMAIN email ADD CONSTRAINT email_short CHECK (length(value) < 200) NOT VALID;
