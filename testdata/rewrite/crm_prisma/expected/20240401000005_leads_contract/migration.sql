-- bgdb: phase=contract
-- 5 of 10 files that replace migration.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
ALTER TABLE "Lead" ALTER COLUMN "status" DROP DEFAULT;
