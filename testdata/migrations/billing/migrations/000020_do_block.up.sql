DO $$
BEGIN
  IF EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name = 'payments' AND column_name = 'note') THEN
    ALTER TABLE payments DROP COLUMN note;
  END IF;
END $$;
