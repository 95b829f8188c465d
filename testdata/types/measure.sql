-- Runs ALTER COLUMN TYPE for every pair of m.types that {0} allows and notes what PostgreSQL did: automatic (no USING
-- needed), possible (with USING c::type), rewrites (another file), narrows (a sample value was refused), lossy (a sample
-- value came back changed). Each pair commits, so that the number of locks stays small.
do $$
declare
  a record; b record; v text; how text; original text; back text; file_before oid; file_after oid;
  automatic bool; possible bool; rewrites bool; narrows bool; lossy bool;
begin
  for a in select * from m.types where {0} loop
    for b in select * from m.types where {0} loop
      continue when a.n = b.n;
      automatic := true; possible := true; rewrites := null; narrows := false; lossy := false; how := '';
      execute format('create table m.x (c %s)', a.t);
      file_before := (select relfilenode from pg_class where oid = 'm.x'::regclass);
      begin
        execute format('alter table m.x alter column c type %s', b.t);
      exception when others then automatic := false;
      end;
      if not automatic then
        how := format(' using c::%s', b.t);
        begin
          execute format('alter table m.x alter column c type %s%s', b.t, how);
        exception when others then possible := false;
        end;
      end if;
      if possible then
        file_after := (select relfilenode from pg_class where oid = 'm.x'::regclass);
        rewrites := file_before <> file_after;
        foreach v in array a.vals loop
          execute 'drop table m.x';
          execute format('create table m.x (c %s)', a.t);
          execute format('insert into m.x values (%L)', v);
          execute 'select c::text from m.x' into original;
          begin
            execute format('alter table m.x alter column c type %s%s', b.t, how);
            begin
              execute format('alter table m.x alter column c type %s using c::text::%s', a.t, a.t);
              execute 'select c::text from m.x' into back;
              lossy := lossy or back is distinct from original;
            exception when others then lossy := true;
            end;
          exception when others then narrows := true;
          end;
        end loop;
      end if;
      execute 'drop table m.x';
      insert into m.truth values (a.t, b.t, automatic, possible, rewrites, narrows, lossy);
      commit;
    end loop;
  end loop;
end $$;
