create index concurrently i on a (x);
