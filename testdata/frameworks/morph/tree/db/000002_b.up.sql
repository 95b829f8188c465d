-- morph:nontransactional
create index concurrently i on a (id);
