create table {{ index .Options "Schema" }}.t (id int);
alter table "{{ index .Options "Schema" }}"."t" add column x int;
{{ if .Old }}
alter table {{.S}}.t drop column x;
{{ end }}
alter table @schema@.t add column y int;
alter table $%SCHEMA%$.t add column z int;
alter table /* TEMPLATE: schema */t add column w int;
alter table <%= schema %>.t add column v int;
select :v, :'w', :"c", a::int, b[1:2] from t where x = :id;
