-- bgdb: phase=contract release=20240401000000_leads
-- 9 of 9 files that replace migration.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
-- uses the validated check: no scan under the lock
ALTER TABLE public."Lead" ALTER COLUMN "ownerId" SET NOT NULL;
ALTER TABLE public."Lead" DROP CONSTRAINT "Lead_ownerId_not_null__new";

-- uses the validated check: no scan under the lock
ALTER TABLE public."Lead" ALTER COLUMN status SET NOT NULL;
ALTER TABLE public."Lead" DROP CONSTRAINT "Lead_status_not_null__new";

DROP TYPE "LeadStatus_old";
