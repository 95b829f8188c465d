-- bgdb: phase=expand release=20240301000000_rename_articles
-- 1 of 4 files that replace 20240301000000_rename_articles.sql; see PLAN.md.
-- migrate:up
-- the new version's name for public.articles
CREATE OR REPLACE VIEW public.pages AS SELECT * FROM public.articles;
-- The table's privileges and row security hold for those who come by the view, too.
DO $bgdb$
DECLARE
  bgdb_grant record;
BEGIN
  IF current_setting('server_version_num')::integer >= 150000 THEN
    EXECUTE 'ALTER VIEW public.pages SET (security_invoker = true)';
  END IF;
  FOR bgdb_grant IN SELECT CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS grantee,
      privilege_type, is_grantable FROM pg_class, aclexplode(relacl) WHERE oid = 'public.articles'::regclass
      AND privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') LOOP
    EXECUTE format('GRANT %s ON public.pages TO %s%s', bgdb_grant.privilege_type, bgdb_grant.grantee,
      CASE WHEN bgdb_grant.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
  END LOOP;
END
$bgdb$;

ALTER TABLE public.articles ADD COLUMN slug text;

CREATE TABLE page_links (page_id int NOT NULL REFERENCES public.articles (id), target text NOT NULL);

-- the new columns of public.articles
CREATE OR REPLACE VIEW public.pages AS SELECT * FROM public.articles;
-- The table's privileges and row security hold for those who come by the view, too.
DO $bgdb$
DECLARE
  bgdb_grant record;
BEGIN
  IF current_setting('server_version_num')::integer >= 150000 THEN
    EXECUTE 'ALTER VIEW public.pages SET (security_invoker = true)';
  END IF;
  FOR bgdb_grant IN SELECT CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END AS grantee,
      privilege_type, is_grantable FROM pg_class, aclexplode(relacl) WHERE oid = 'public.articles'::regclass
      AND privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') LOOP
    EXECUTE format('GRANT %s ON public.pages TO %s%s', bgdb_grant.privilege_type, bgdb_grant.grantee,
      CASE WHEN bgdb_grant.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
  END LOOP;
END
$bgdb$;

-- migrate:down
DROP VIEW IF EXISTS public.pages;
DROP TABLE IF EXISTS page_links;
ALTER TABLE IF EXISTS public.articles DROP COLUMN IF EXISTS slug;
DROP VIEW IF EXISTS public.pages;
