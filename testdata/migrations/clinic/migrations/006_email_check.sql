ALTER DOMAIN email ADD CONSTRAINT email_at CHECK (value LIKE '%@%');
