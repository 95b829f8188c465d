BEGIN;
--
-- Create model Poll
--
CREATE TABLE "polls_poll" ("id" bigint NOT NULL PRIMARY KEY);
COMMIT;
