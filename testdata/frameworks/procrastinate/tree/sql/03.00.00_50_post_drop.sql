alter table jobs drop column y;
