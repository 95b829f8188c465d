/*
  Warnings:

  - You are about to drop the column `x`.
*/
-- AlterTable
ALTER TABLE "A" ADD COLUMN "y" TEXT;
