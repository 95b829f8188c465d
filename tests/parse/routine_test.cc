#include "parse/one.h"

using namespace bgdb;
using namespace bgdb::parse;

TEST_CASE("CREATE FUNCTION and the place of its body") {
  const std::string sql =
      "CREATE OR REPLACE FUNCTION s.f(a int, OUT b text, VARIADIC c int[] DEFAULT '{}') RETURNS SETOF text LANGUAGE "
      "plpgsql STABLE\n"
      "AS $body$\nBEGIN\nEND $body$";
  const auto function = one_as<CreateFunction>("  " + sql + ";");
  CHECK(function.name == QualifiedName{"s", "f"});
  CHECK(function.or_replace);
  CHECK_FALSE(function.procedure);
  REQUIRE(function.arguments.size() == 3);
  CHECK(function.arguments[0].mode == 'i');
  CHECK(function.arguments[1].mode == 'o');
  CHECK(function.arguments[2].mode == 'v');
  CHECK(function.arguments[2].has_default);
  CHECK(function.returns->set_of);
  CHECK(function.returns->sql == "SETOF text");
  CHECK(function.language == "plpgsql");
  CHECK(function.volatility == 's');
  CHECK(function.body == "\nBEGIN\nEND ");
  REQUIRE(function.body_offset > 0);
  CHECK(sql.substr(static_cast<size_t>(function.body_offset), function.body.size()) == function.body);
}

TEST_CASE("bodies in quotes, escaped bodies and SQL bodies") {
  const auto plain = one_as<CreateFunction>("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'");
  CHECK(plain.body == "SELECT 1");
  CHECK(plain.body_offset == static_cast<int>(std::string("CREATE FUNCTION f() RETURNS int LANGUAGE sql AS '").size()));
  const auto escaped = one_as<CreateFunction>("CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT ''a'''");
  CHECK(escaped.body == "SELECT 'a'");
  CHECK(escaped.body_offset == -1);
  const auto atomic = one_as<CreateFunction>(
      "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END");
  CHECK(atomic.language == "sql");
  CHECK(atomic.body == "BEGIN ATOMIC SELECT 1; SELECT CASE WHEN true THEN 2 END; END");
  CHECK(one_as<CreateFunction>("CREATE FUNCTION f() RETURNS int RETURN 1 + 2").body == "RETURN 1 + 2");
  CHECK(one_as<CreateFunction>("CREATE PROCEDURE p() LANGUAGE sql AS ''").procedure);
  const auto late = one_as<CreateFunction>("CREATE FUNCTION f() RETURNS int AS $$x$$ LANGUAGE plpgsql IMMUTABLE");
  CHECK(late.volatility == 'i');
  CHECK(late.body == "x");
}

TEST_CASE("ALTER FUNCTION, DO and CALL") {
  const auto alter = one_as<AlterFunction>("ALTER FUNCTION s.f(int) SECURITY DEFINER STABLE");
  CHECK(alter.name == QualifiedName{"s", "f"});
  CHECK(alter.arguments_given);
  CHECK(alter.arguments.at(0).name == "int4");
  CHECK(alter.option_names == Strings{"security", "volatility"});
  CHECK_FALSE(one_as<AlterFunction>("ALTER FUNCTION f STABLE").arguments_given);
  const std::string sql = "DO LANGUAGE plpgsql $x$ BEGIN END $x$";
  const auto block = one_as<DoBlock>(sql);
  CHECK(block.language == "plpgsql");
  CHECK(block.body == " BEGIN END ");
  CHECK(sql.substr(static_cast<size_t>(block.body_offset), block.body.size()) == block.body);
  CHECK(one_as<DoBlock>("DO $$ x $$").language == "plpgsql");
  CHECK(one_as<Call>("CALL s.p(1)").procedure == QualifiedName{"s", "p"});
}

TEST_CASE("triggers, rules and policies") {
  const auto trigger =
      one_as<CreateTrigger>("CREATE TRIGGER g BEFORE INSERT OR UPDATE OF a ON s.t FOR EACH ROW EXECUTE FUNCTION s.f()");
  CHECK(trigger.name == "g");
  CHECK(trigger.relation == QualifiedName{"s", "t"});
  CHECK(trigger.function == QualifiedName{"s", "f"});
  CHECK(trigger.timing == 'b');
  CHECK(trigger.row);
  CHECK(trigger.on_insert);
  CHECK(trigger.on_update);
  CHECK_FALSE(trigger.on_delete);
  CHECK_FALSE(trigger.constraint);
  const auto constraint = one_as<CreateTrigger>(
      "CREATE CONSTRAINT TRIGGER g AFTER DELETE ON t FROM u DEFERRABLE FOR EACH ROW EXECUTE FUNCTION f()");
  CHECK(constraint.constraint);
  CHECK(constraint.timing == 'a');
  CHECK(constraint.referenced.name == "u");
  CHECK(one_as<CreateTrigger>("CREATE TRIGGER g INSTEAD OF DELETE ON v FOR EACH ROW EXECUTE FUNCTION f()").timing ==
        'i');
  CHECK(one_as<CreateTrigger>("CREATE TRIGGER g AFTER TRUNCATE ON v EXECUTE FUNCTION f()").on_truncate);

  const auto rule =
      one_as<CreateRule>("CREATE OR REPLACE RULE r AS ON DELETE TO s.t DO INSTEAD (DELETE FROM a; DELETE FROM b)");
  CHECK(rule.name == "r");
  CHECK(rule.relation == QualifiedName{"s", "t"});
  CHECK(rule.instead);
  CHECK(rule.or_replace);
  CHECK(rule.event == "delete");

  const auto policy = one_as<PolicyStatement>("CREATE POLICY p ON s.t AS RESTRICTIVE FOR UPDATE USING (a = 1)");
  CHECK(policy.create);
  CHECK(policy.name == "p");
  CHECK(policy.relation == QualifiedName{"s", "t"});
  CHECK_FALSE(policy.permissive);
  CHECK(policy.command == "update");
  CHECK(one_as<PolicyStatement>("CREATE POLICY p ON t").command == "all");
  CHECK_FALSE(one_as<PolicyStatement>("ALTER POLICY p ON t USING (true)").create);
}
