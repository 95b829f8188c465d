// A table that is split in two, and two that are merged into one.
#include "support/check.h"
#include "translate/apply_sql.h"
#include "translate/sides.h"

using namespace bgdb;
using namespace bgdb::translate;
using test::rule;
using test::Sides;

namespace {

std::string refusal(const Sides& sides) {
  const auto pair = sides.derive();
  if (pair) FAIL("not refused");
  CHECK(pair.error().code == ErrorCode::refused);
  return pair.error().message;
}

bool says(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

bool has_rule(const TableMapping& table, const std::string& column) {
  return std::any_of(table.columns.begin(), table.columns.end(),
                     [&](const ColumnRule& one) { return one.target == column; });
}

constexpr const char* kUsers = "create table users (id int primary key, email text not null, bio text, at date)";
constexpr const char* kSplit =
    "create table profiles (user_id int primary key references users, bio text, seen timestamptz);"
    "insert into profiles (user_id, bio) select id, bio from users;"
    "alter table users drop column bio;";
constexpr const char* kSplitYaml =
    "tables:\n  users:\n    split:\n      users: {}\n      profiles: { renames: { id: user_id } }\n";

constexpr const char* kParts =
    "create table users (id int primary key, email text not null, made date);"
    "create table profiles (user_id bigint primary key, bio text not null, made date);";
constexpr const char* kMerge =
    "alter table users add bio text; update users set bio = p.bio from profiles p where user_id = id;"
    "alter table users alter bio set not null; drop table profiles;";
constexpr const char* kMergeYaml = "tables:\n  profiles: { to: users, renames: { user_id: id }, own: [made] }\n";

}  // namespace

TEST_CASE("a table split in two: forward to both, each column comes back from one part, the key from both") {
  const auto pair = REQUIRE_OK(Sides(kUsers, kSplit, kSplitYaml).derive());
  const auto parts = pair.forward.tables_of({"public", "users"});
  REQUIRE(parts.size() == 2);
  CHECK(parts[0]->target.name == "profiles");
  CHECK(parts[0]->target_key == std::vector<std::string>{"user_id"});
  CHECK(!parts[0]->merged);
  CHECK(rule(*parts[0], "bio").expression == "bio");
  CHECK(rule(*parts[0], "seen").column_class == ColumnClass::default_value);
  CHECK(parts[1]->unmapped_source.empty());
  const auto back = pair.reverse.parts_of({"public", "users"});
  REQUIRE(back.size() == 2);
  const TableMapping &profiles = *back[0], &users = *back[1];
  CHECK(profiles.merged);
  CHECK(has_rule(profiles, "bio"));
  CHECK(!has_rule(profiles, "email"));
  CHECK(!has_rule(users, "bio"));
  CHECK(has_rule(users, "at"));
  CHECK(rule(profiles, "id").expression == "user_id");
  CHECK(profiles.source_key == std::vector<std::string>{"user_id"});
  CHECK(profiles.target_key == users.target_key);
  CHECK(pair.notes.empty());  // it is kept current
}

TEST_CASE("two tables merged into one: forward from both, back to both") {
  const auto pair = REQUIRE_OK(Sides(kParts, kMerge, kMergeYaml).derive());
  const auto parts = pair.forward.parts_of({"public", "users"});
  REQUIRE(parts.size() == 2);
  CHECK(parts[0]->source.name == "profiles");
  CHECK(parts[0]->merged);
  CHECK(!has_rule(*parts[0], "made"));
  CHECK(has_rule(*parts[1], "made"));
  CHECK(!has_rule(*parts[1], "bio"));
  CHECK(pair.reverse.tables_of({"public", "users"}).size() == 2);
  CHECK(insert_merged_sql({{parts[1], {"id", "email", "made"}}, {parts[0], {"user_id", "bio"}}}) ==
        "insert into public.users (id, email, made, bio) overriding system value select bgdb_n1.*, bgdb_n2.* from "
        "(select unnest($1::text[]) as bgdb_p1_1, unnest($2::text[]) as bgdb_p1_2, unnest($3::text[]) as bgdb_p1_3, "
        "unnest($4::text[]) as bgdb_p2_1, unnest($5::text[]) as bgdb_p2_2) as bgdb_u cross join lateral (select id as "
        "v1, email as v2, made as v3 from (select bgdb_u.bgdb_p1_1::int4 as id, bgdb_u.bgdb_p1_2::text as email, "
        "bgdb_u.bgdb_p1_3::date as made) as users) as bgdb_n1 cross join lateral (select bio as v4 from (select "
        "bgdb_u.bgdb_p2_1::int8 as user_id, bgdb_u.bgdb_p2_2::text as bio) as profiles) as bgdb_n2");
}

TEST_CASE("a column of the whole that two parts bring is refused, own or a written rule says which") {
  const std::string yaml = "tables:\n  profiles: { to: users, renames: { user_id: id } }\n";
  const std::string said = refusal(Sides(kParts, kMerge, yaml));
  CHECK(says(said, "public.profiles and public.users both bring public.users.made"));
  CHECK(says(said, "tables.public.users.own: [<the column of public.users that is not it>]"));
  CHECK(Sides(kParts, kMerge, "tables:\n  profiles: { to: users, renames: { user_id: id }, forward: { made: made } }\n")
            .derive());
}

TEST_CASE("own is for parts, and for columns that they have") {
  CHECK(says(refusal(Sides(kUsers, "", "tables:\n  users: { own: [bio] }\n")), "public.users is no part"));
  CHECK(says(refusal(Sides(kParts, kMerge,
                           "tables:\n  profiles: { to: users, renames: { user_id: id }, own: [made, nada] }\n")),
             "public.profiles has no column nada"));
}

TEST_CASE("parts must be known by the shared key") {
  const std::string base = "create table users (id int primary key, email text, bio text);";
  const std::string split =
      "create table profiles (id serial primary key, user_id int not null unique references users, bio text);"
      "alter table users drop column bio;";
  const std::string yaml =
      "tables:\n  users:\n    split:\n      users:\n      profiles: { renames: { id: user_id }, own: [id] }\n";
  CHECK(says(refusal(Sides(base, split, yaml)), "replica identity using index"));
  const auto pair =
      Sides(base, split + "alter table profiles replica identity using index profiles_user_id_key;", yaml).derive();
  REQUIRE_OK(pair);
  CHECK(pair->reverse.parts_of({"public", "users"})[0]->source_key == std::vector<std::string>{"user_id"});
}

TEST_CASE("a shared key whose values have several texts is refused") {
  const std::string said =
      refusal(Sides("create table w (id numeric primary key, a text, b text)",
                    "create table p (id numeric primary key, b text); alter table w drop column b;",
                    "tables:\n  w:\n    split:\n      w:\n      p:\n"));
  CHECK(says(said, "rows are paired by its text"));
}

TEST_CASE("a column of a split table that is in no part, and a part that is filled twice, are refused") {
  CHECK(says(refusal(Sides("create table w (id int primary key, a text, b text, c text)",
                           "create table q (id int primary key, a text); create table p (id int primary key, b text);"
                           "drop table w;",
                           "tables:\n  w:\n    split:\n      q:\n      p:\n")),
             "blue column public.w.c has no counterpart"));
  CHECK(says(refusal(Sides("create table w (id int primary key, a text, b text);"
                           "create table p (id int primary key, b text)",
                           "alter table w drop column b", "tables:\n  w:\n    split:\n      w:\n      p:\n")),
             "a table is split or merged, not both"));
}

TEST_CASE("a new table that the migration fills is named with the key that keeps it current") {
  const auto pair = REQUIRE_OK(Sides(kUsers, kSplit).derive());
  REQUIRE(pair.notes.size() == 1);
  CHECK(says(pair.notes[0], "mapping.yml: tables.public.users.split"));
}

TEST_CASE("split: what cannot be meant is an error with its place") {
  const auto said = [](const std::string& yaml) {
    const auto parsed = parse_overrides(yaml, "mapping.yml");
    if (parsed) FAIL("accepted");
    return parsed.error().message;
  };
  CHECK(says(said("tables:\n  w:\n    to: x\n    split: { a: {}, b: {} }\n"), "has nothing but `split`"));
  CHECK(says(said("tables:\n  w:\n    split: { a: {} }\n"), "into two at least"));
  CHECK(says(said("tables:\n  w:\n    split: { a: { to: x }, b: }\n"), "unknown key \"to\""));
  CHECK(says(said("tables:\n  w:\n    own: x\n"), "own is a list"));
}
