ALTER TABLE clients ADD CONSTRAINT clients_full_name_key UNIQUE (full_name);
