UPDATE clients SET locale = 'en' WHERE locale IS NULL;
