#include "parse/one.h"

using namespace bgdb;
using namespace bgdb::parse;

TEST_CASE("RENAME of relations, columns and parts of relations") {
  const auto table = one_as<Rename>("ALTER TABLE IF EXISTS s.a RENAME TO b");
  CHECK(table.object == ObjectKind::table);
  CHECK(table.relation == QualifiedName{"s", "a"});
  CHECK(table.new_name == "b");
  CHECK(table.if_exists);
  const auto column = one_as<Rename>("ALTER TABLE s.a RENAME COLUMN x TO y");
  CHECK(column.object == ObjectKind::column);
  CHECK(column.relation_kind == ObjectKind::table);
  CHECK(column.relation == QualifiedName{"s", "a"});
  CHECK(column.name == "x");
  CHECK(column.new_name == "y");
  CHECK(one_as<Rename>("ALTER VIEW v RENAME COLUMN x TO y").relation_kind == ObjectKind::view);
  const auto constraint = one_as<Rename>("ALTER TABLE a RENAME CONSTRAINT x TO y");
  CHECK(constraint.object == ObjectKind::constraint);
  CHECK(constraint.name == "x");
  const auto trigger = one_as<Rename>("ALTER TRIGGER x ON a RENAME TO y");
  CHECK(trigger.object == ObjectKind::trigger);
  CHECK(trigger.relation.name == "a");
  CHECK(trigger.name == "x");
  CHECK(one_as<Rename>("ALTER POLICY x ON a RENAME TO y").object == ObjectKind::policy);
  CHECK(one_as<Rename>("ALTER RULE x ON a RENAME TO y").object == ObjectKind::rule);
  const auto attribute = one_as<Rename>("ALTER TYPE s.ty RENAME ATTRIBUTE x TO y");
  CHECK(attribute.object == ObjectKind::attribute);
  CHECK(attribute.relation == QualifiedName{"s", "ty"});
  CHECK(attribute.name == "x");
}

TEST_CASE("RENAME of other objects") {
  CHECK(one_as<Rename>("ALTER INDEX s.i RENAME TO j").object == ObjectKind::index);
  CHECK(one_as<Rename>("ALTER SEQUENCE q RENAME TO r").object == ObjectKind::sequence);
  CHECK(one_as<Rename>("ALTER MATERIALIZED VIEW q RENAME TO r").object == ObjectKind::materialized_view);
  const auto type = one_as<Rename>("ALTER TYPE s.ty RENAME TO tz");
  CHECK(type.object == ObjectKind::type);
  CHECK(type.relation == QualifiedName{"s", "ty"});
  CHECK(one_as<Rename>("ALTER DOMAIN d RENAME TO e").object == ObjectKind::domain);
  const auto domain = one_as<Rename>("ALTER DOMAIN d RENAME CONSTRAINT a TO b");
  CHECK(domain.object == ObjectKind::constraint);
  CHECK(domain.relation.name == "d");
  CHECK(domain.name == "a");
  const auto schema = one_as<Rename>("ALTER SCHEMA a RENAME TO b");
  CHECK(schema.object == ObjectKind::schema);
  CHECK(schema.relation.name == "a");
  const auto function = one_as<Rename>("ALTER FUNCTION s.f(int, text) RENAME TO g");
  CHECK(function.object == ObjectKind::function);
  CHECK(function.relation == QualifiedName{"s", "f"});
  REQUIRE(function.arguments.size() == 2);
  CHECK(function.arguments[0].name == "int4");
  CHECK(one_as<Rename>("ALTER ROLE a RENAME TO b").relation.name == "a");
}

TEST_CASE("SET SCHEMA and OWNER TO") {
  const auto table = one_as<SetSchema>("ALTER TABLE a SET SCHEMA s");
  CHECK(table.object == ObjectKind::table);
  CHECK(table.relation.name == "a");
  CHECK(table.new_schema == "s");
  const auto function = one_as<SetSchema>("ALTER FUNCTION f(int) SET SCHEMA s");
  CHECK(function.arguments.size() == 1);
  CHECK(one_as<SetSchema>("ALTER TYPE a.t SET SCHEMA s").relation == QualifiedName{"a", "t"});
  const auto owner = one_as<OwnerChange>("ALTER TYPE a.t OWNER TO bob");
  CHECK(owner.object == ObjectKind::type);
  CHECK(owner.relation == QualifiedName{"a", "t"});
  CHECK(owner.new_owner == "bob");
  CHECK(one_as<OwnerChange>("ALTER SCHEMA a OWNER TO bob").relation.name == "a");
}

TEST_CASE("DROP lists its objects") {
  const auto tables = one_as<Drop>("DROP TABLE IF EXISTS a, s.b CASCADE");
  CHECK(tables.object == ObjectKind::table);
  REQUIRE(tables.items.size() == 2);
  CHECK(tables.items[1].name == QualifiedName{"s", "b"});
  CHECK(tables.if_exists);
  CHECK(tables.cascade);
  const auto index = one_as<Drop>("DROP INDEX CONCURRENTLY i");
  CHECK(index.object == ObjectKind::index);
  CHECK(index.concurrently);
  CHECK_FALSE(index.cascade);
  const auto trigger = one_as<Drop>("DROP TRIGGER g ON s.t");
  CHECK(trigger.object == ObjectKind::trigger);
  CHECK(trigger.items.at(0).name == QualifiedName{"s", "t"});
  CHECK(trigger.items.at(0).sub_name == "g");
  CHECK(one_as<Drop>("DROP POLICY p ON t").items.at(0).sub_name == "p");
  CHECK(one_as<Drop>("DROP RULE p ON t").object == ObjectKind::rule);
  const auto function = one_as<Drop>("DROP FUNCTION s.f(int, text[]), g");
  CHECK(function.items.at(0).name == QualifiedName{"s", "f"});
  CHECK(function.items.at(0).arguments_given);
  CHECK(function.items.at(0).arguments.at(1).array_dims == 1);
  CHECK_FALSE(function.items.at(1).arguments_given);
  CHECK(one_as<Drop>("DROP PROCEDURE p").object == ObjectKind::procedure);
  CHECK(one_as<Drop>("DROP AGGREGATE a(int)").object == ObjectKind::aggregate);
  CHECK(one_as<Drop>("DROP TYPE s.t").items.at(0).name == QualifiedName{"s", "t"});
  CHECK(one_as<Drop>("DROP DOMAIN d").object == ObjectKind::domain);
  CHECK(one_as<Drop>("DROP SCHEMA a, b").items.at(1).name.name == "b");
  CHECK(one_as<Drop>("DROP VIEW v").object == ObjectKind::view);
  CHECK(one_as<Drop>("DROP MATERIALIZED VIEW v").object == ObjectKind::materialized_view);
  CHECK(one_as<Drop>("DROP SEQUENCE v").object == ObjectKind::sequence);
  CHECK(one_as<Drop>("DROP EXTENSION e").object == ObjectKind::extension);
  CHECK(one_as<Drop>("DROP PUBLICATION e").object == ObjectKind::publication);
  CHECK(one_as<Drop>("DROP ROLE a, b").items.size() == 2);
  CHECK(one_as<Drop>("DROP DATABASE IF EXISTS d").items.at(0).name.name == "d");
  CHECK(one_as<Drop>("DROP TABLESPACE d").object == ObjectKind::tablespace);
  CHECK(one_as<Drop>("DROP SUBSCRIPTION d").object == ObjectKind::subscription);
  CHECK(one_as<Drop>("DROP STATISTICS d").object == ObjectKind::statistics);
}

TEST_CASE("COMMENT ON") {
  const auto table = one_as<Comment>("COMMENT ON TABLE s.t IS 'x'");
  CHECK(table.object == ObjectKind::table);
  CHECK(table.relation == QualifiedName{"s", "t"});
  CHECK(table.text == "x");
  const auto column = one_as<Comment>("COMMENT ON COLUMN s.t.c IS NULL");
  CHECK(column.object == ObjectKind::column);
  CHECK(column.relation == QualifiedName{"s", "t"});
  CHECK(column.sub_name == "c");
  CHECK_FALSE(column.text);
  const auto constraint = one_as<Comment>("COMMENT ON CONSTRAINT k ON s.t IS ''");
  CHECK(constraint.relation == QualifiedName{"s", "t"});
  CHECK(constraint.sub_name == "k");
  const auto domain = one_as<Comment>("COMMENT ON CONSTRAINT k ON DOMAIN s.d IS ''");
  CHECK(domain.relation == QualifiedName{"s", "d"});
  CHECK(domain.sub_name == "k");
  CHECK(one_as<Comment>("COMMENT ON FUNCTION f(int) IS ''").relation.name == "f");
  CHECK(one_as<Comment>("COMMENT ON TYPE s.t IS ''").relation == QualifiedName{"s", "t"});
  CHECK(one_as<Comment>("COMMENT ON SCHEMA s IS ''").relation.name == "s");
}

TEST_CASE("GRANT and REVOKE") {
  const auto grant = one_as<Grant>("GRANT SELECT, UPDATE (a) ON s.t, u TO bob, PUBLIC");
  CHECK_FALSE(grant.revoke);
  CHECK(grant.object == ObjectKind::table);
  CHECK(displays(grant.objects) == Strings{"s.t", "u"});
  CHECK(grant.privileges == Strings{"select", "update"});
  CHECK(grant.grantees == Strings{"bob", "public"});
  const auto revoke = one_as<Grant>("REVOKE ALL ON ALL TABLES IN SCHEMA s FROM bob CASCADE");
  CHECK(revoke.revoke);
  CHECK(revoke.all_in_schema);
  CHECK(revoke.privileges.empty());
  CHECK(revoke.cascade);
  CHECK(one_as<Grant>("GRANT EXECUTE ON FUNCTION f(int) TO a").object == ObjectKind::function);
  const auto role = one_as<Grant>("GRANT admins TO bob");
  CHECK(role.object == ObjectKind::role);
  CHECK(displays(role.objects) == Strings{"admins"});
  const auto defaults = one_as<Grant>("ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO bob");
  CHECK(defaults.default_privileges);
  CHECK(displays(defaults.objects) == Strings{"s"});
}

TEST_CASE("enums") {
  const auto create = one_as<CreateEnum>("CREATE TYPE s.mood AS ENUM ('sad', 'it''s ok')");
  CHECK(create.name == QualifiedName{"s", "mood"});
  CHECK(create.labels == Strings{"sad", "it's ok"});
  const auto add = one_as<AlterEnum>("ALTER TYPE s.mood ADD VALUE IF NOT EXISTS 'happy' BEFORE 'sad'");
  CHECK(add.name == QualifiedName{"s", "mood"});
  CHECK(add.label == "happy");
  CHECK(add.if_not_exists);
  CHECK(add.neighbour == "sad");
  CHECK_FALSE(add.after);
  CHECK_FALSE(add.rename);
  CHECK(one_as<AlterEnum>("ALTER TYPE m ADD VALUE 'b' AFTER 'a'").after);
  CHECK_FALSE(one_as<AlterEnum>("ALTER TYPE m ADD VALUE 'b'").after);
  const auto rename = one_as<AlterEnum>("ALTER TYPE m RENAME VALUE 'a' TO 'b'");
  CHECK(rename.rename);
  CHECK(rename.label == "a");
  CHECK(rename.new_label == "b");
}

TEST_CASE("composite, range and base types") {
  const auto pair = one_as<CreateType>("CREATE TYPE s.pair AS (a int, b text COLLATE \"C\")");
  CHECK(pair.form == "composite");
  CHECK(pair.name == QualifiedName{"s", "pair"});
  REQUIRE(pair.attributes.size() == 2);
  CHECK(pair.attributes[1].collation == "C");
  CHECK(one_as<CreateType>("CREATE TYPE r AS RANGE (subtype = float8)").form == "range");
  CHECK(one_as<CreateType>("CREATE TYPE shell").form == "shell");
  CHECK(one_as<CreateType>("CREATE TYPE b (INPUT = i, OUTPUT = o)").form == "base");
  CHECK(one_as<CreateFunction>("CREATE AGGREGATE a (int) (SFUNC = f, STYPE = int)").aggregate);
}

TEST_CASE("domains") {
  const auto create = one_as<CreateDomain>(
      "CREATE DOMAIN s.email AS varchar(20) DEFAULT 'x' NOT NULL CONSTRAINT k CHECK (VALUE <> '')");
  CHECK(create.name == QualifiedName{"s", "email"});
  CHECK(create.type.sql == "varchar(20)");
  CHECK(create.not_null);
  CHECK(create.default_value->sql == "'x'");
  REQUIRE(create.checks.size() == 1);
  CHECK(create.checks[0].name == "k");
  CHECK(create.checks[0].check->columns.at(0).name == "value");

  using K = AlterDomainKind;
  CHECK(one_as<AlterDomain>("ALTER DOMAIN d SET DEFAULT 1").kind == K::set_default);
  CHECK(one_as<AlterDomain>("ALTER DOMAIN d SET DEFAULT 1").expr->sql == "1");
  CHECK(one_as<AlterDomain>("ALTER DOMAIN d DROP DEFAULT").kind == K::drop_default);
  CHECK(one_as<AlterDomain>("ALTER DOMAIN d SET NOT NULL").kind == K::set_not_null);
  CHECK(one_as<AlterDomain>("ALTER DOMAIN d DROP NOT NULL").kind == K::drop_not_null);
  const auto add = one_as<AlterDomain>("ALTER DOMAIN s.d ADD CONSTRAINT k CHECK (value > 0) NOT VALID");
  CHECK(add.kind == K::add_constraint);
  CHECK(add.name == QualifiedName{"s", "d"});
  CHECK(add.constraint_name == "k");
  CHECK(add.constraint->not_valid);
  CHECK(add.constraint->check->sql == "value > 0");
  const auto drop = one_as<AlterDomain>("ALTER DOMAIN d DROP CONSTRAINT IF EXISTS k CASCADE");
  CHECK(drop.kind == K::drop_constraint);
  CHECK(drop.constraint_name == "k");
  CHECK(drop.if_exists);
  CHECK(drop.cascade);
  CHECK(one_as<AlterDomain>("ALTER DOMAIN d VALIDATE CONSTRAINT k").kind == K::validate_constraint);
}
