create index concurrently i on b (id);
