ALTER TABLE visits ALTER COLUMN notes TYPE jsonb USING notes::jsonb;
