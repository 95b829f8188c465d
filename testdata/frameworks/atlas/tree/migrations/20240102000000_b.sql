-- atlas:txmode none

-- Create index
CREATE INDEX CONCURRENTLY "i" ON "a" ("id");
