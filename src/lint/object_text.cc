// The word of a kind of object, as facts and messages use it.
#include "lint/scope.h"

namespace bgdb::lint {

std::string object_text(parse::ObjectKind kind) {
  switch (kind) {
    case parse::ObjectKind::table:
      return "table";
    case parse::ObjectKind::view:
      return "view";
    case parse::ObjectKind::materialized_view:
      return "materialized-view";
    case parse::ObjectKind::index:
      return "index";
    case parse::ObjectKind::sequence:
      return "sequence";
    case parse::ObjectKind::foreign_table:
      return "table";
    case parse::ObjectKind::type:
      return "type";
    case parse::ObjectKind::domain:
      return "domain";
    case parse::ObjectKind::schema:
      return "schema";
    case parse::ObjectKind::database:
      return "database";
    case parse::ObjectKind::function:
      return "function";
    case parse::ObjectKind::procedure:
      return "procedure";
    case parse::ObjectKind::routine:
      return "function";
    case parse::ObjectKind::aggregate:
      return "aggregate";
    case parse::ObjectKind::trigger:
      return "trigger";
    case parse::ObjectKind::rule:
      return "rule";
    case parse::ObjectKind::policy:
      return "policy";
    case parse::ObjectKind::extension:
      return "extension";
    case parse::ObjectKind::column:
      return "column";
    case parse::ObjectKind::constraint:
      return "constraint";
    case parse::ObjectKind::attribute:
      return "attribute";
    case parse::ObjectKind::role:
      return "role";
    case parse::ObjectKind::publication:
      return "publication";
    case parse::ObjectKind::subscription:
      return "subscription";
    case parse::ObjectKind::cast:
      return "cast";
    case parse::ObjectKind::operator_:
      return "operator";
    default:
      return "object";
  }
}

}  // namespace bgdb::lint
