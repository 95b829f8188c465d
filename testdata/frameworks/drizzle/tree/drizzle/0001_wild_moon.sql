ALTER TABLE "a" ADD COLUMN "x" integer--> statement-breakpoint
CREATE INDEX "i" ON "a" ("x")
--> statement-breakpoint
ALTER TABLE "a" ADD COLUMN "y" integer