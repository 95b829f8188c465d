--
-- Add index concurrently
--
CREATE INDEX CONCURRENTLY "i" ON "polls_poll" ("id");
