DELETE FROM doctors;
