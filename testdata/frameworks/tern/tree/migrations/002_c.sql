---- tern: disable-tx ----
create index concurrently i on a (id);
