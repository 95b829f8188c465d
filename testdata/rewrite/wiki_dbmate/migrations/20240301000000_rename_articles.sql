-- migrate:up
ALTER TABLE articles RENAME TO pages;
ALTER TABLE pages ADD COLUMN slug text;
UPDATE pages SET slug = lower(replace(title, ' ', '-'));
CREATE TABLE page_links (page_id int NOT NULL REFERENCES pages (id), target text NOT NULL);
-- migrate:down
SELECT 1;
