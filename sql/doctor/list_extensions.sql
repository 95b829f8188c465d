-- Extensions that are installed or could be.
-- Parameters: none. Result: name, installed (version; empty: not installed), offered (the version CREATE EXTENSION takes),
-- trusted (needs no superuser).
-- Privilege: none. Lock: none. Versions: 14-18.
select e.name::text as name, coalesce(e.installed_version, '') as installed, coalesce(e.default_version, '') as offered,
       coalesce((select bool_or(v.trusted or not v.superuser) from pg_available_extension_versions v
                  where v.name = e.name and v.version = e.default_version), false) as trusted
  from pg_available_extensions e
 order by 1
