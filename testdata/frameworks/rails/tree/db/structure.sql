SET statement_timeout = 0;
CREATE TABLE public.a (id bigint NOT NULL);
INSERT INTO "schema_migrations" (version) VALUES
('20240101000000');
