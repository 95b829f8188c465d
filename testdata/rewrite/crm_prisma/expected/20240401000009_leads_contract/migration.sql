-- no-transaction
-- bgdb: phase=contract
-- 9 of 10 files that replace migration.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
ALTER TABLE public."Lead" VALIDATE CONSTRAINT "Lead_status_not_null__new";
