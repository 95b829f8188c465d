-- no-transaction
-- bgdb: phase=contract release=20240401000000_leads
-- 8 of 9 files that replace migration.sql; see PLAN.md.
-- Before: No session of the old version is left, and nobody wants to go back to it.
ALTER TABLE public."Lead" VALIDATE CONSTRAINT "Lead_status_not_null__new";
