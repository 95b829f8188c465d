CREATE TABLE "a" ("id" serial PRIMARY KEY NOT NULL);
--> statement-breakpoint
CREATE TABLE "b" ("id" serial PRIMARY KEY NOT NULL);
