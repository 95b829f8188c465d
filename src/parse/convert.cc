// One parsed statement -> our Node; and the names of our nodes.
#include <string>

#include "parse/pg_nodes.h"

namespace bgdb::parse {

Node convert_statement(const Context& context, const PgNode* node) {
  Node out;
  if (node == nullptr) return out;
  if (convert_alter_table(context, node, out) || convert_create(context, node, out) ||
      convert_objects(context, node, out) || convert_query(context, node, out) || convert_routine(context, node, out) ||
      convert_types_statement(context, node, out) || convert_session(context, node, out)) {
    return out;
  }
  return Other{node_name(node)};
}

namespace {

std::string without_stmt(std::string name) {
  constexpr std::string_view kTail = "Stmt";
  if (name.size() > kTail.size() && name.compare(name.size() - kTail.size(), kTail.size(), kTail) == 0) {
    name.resize(name.size() - kTail.size());
  }
  return name;
}

struct KindName {
  std::string operator()(const Other& other) const { return other.node.empty() ? "Other" : without_stmt(other.node); }
  std::string operator()(const Query& query) const {
    switch (query.kind) {
      case QueryKind::select:
        return "Select";
      case QueryKind::insert:
        return "Insert";
      case QueryKind::update:
        return "Update";
      case QueryKind::delete_:
        return "Delete";
      case QueryKind::merge:
        return "Merge";
    }
    return "Select";
  }
  std::string operator()(const CreateTable& table) const {
    return table.object == ObjectKind::foreign_table ? "CreateForeignTable" : "CreateTable";
  }
  std::string operator()(const CreateTableAs& table) const {
    return table.materialized_view ? "CreateMaterializedView" : "CreateTableAs";
  }
  std::string operator()(const AlterTable&) const { return "AlterTable"; }
  std::string operator()(const Rename&) const { return "Rename"; }
  std::string operator()(const SetSchema&) const { return "SetSchema"; }
  std::string operator()(const OwnerChange&) const { return "AlterOwner"; }
  std::string operator()(const Drop&) const { return "Drop"; }
  std::string operator()(const Truncate&) const { return "Truncate"; }
  std::string operator()(const CreateIndex&) const { return "CreateIndex"; }
  std::string operator()(const Reindex&) const { return "Reindex"; }
  std::string operator()(const Cluster&) const { return "Cluster"; }
  std::string operator()(const Vacuum& vacuum) const { return vacuum.analyze_only ? "Analyze" : "Vacuum"; }
  std::string operator()(const Refresh&) const { return "RefreshMatView"; }
  std::string operator()(const CreateView&) const { return "CreateView"; }
  std::string operator()(const CreateFunction& function) const {
    return function.procedure ? "CreateProcedure" : "CreateFunction";
  }
  std::string operator()(const AlterFunction&) const { return "AlterFunction"; }
  std::string operator()(const DoBlock&) const { return "Do"; }
  std::string operator()(const Call&) const { return "Call"; }
  std::string operator()(const CreateTrigger&) const { return "CreateTrigger"; }
  std::string operator()(const CreateRule&) const { return "CreateRule"; }
  std::string operator()(const PolicyStatement& policy) const { return policy.create ? "CreatePolicy" : "AlterPolicy"; }
  std::string operator()(const CreateEnum&) const { return "CreateEnum"; }
  std::string operator()(const AlterEnum&) const { return "AlterEnum"; }
  std::string operator()(const CreateType&) const { return "CreateType"; }
  std::string operator()(const CreateDomain&) const { return "CreateDomain"; }
  std::string operator()(const AlterDomain&) const { return "AlterDomain"; }
  std::string operator()(const CreateSequence&) const { return "CreateSequence"; }
  std::string operator()(const AlterSequence&) const { return "AlterSequence"; }
  std::string operator()(const CreateSchema&) const { return "CreateSchema"; }
  std::string operator()(const CreateExtension&) const { return "CreateExtension"; }
  std::string operator()(const AlterExtension&) const { return "AlterExtension"; }
  std::string operator()(const Grant& grant) const {
    if (grant.default_privileges) return "AlterDefaultPrivileges";
    return grant.revoke ? "Revoke" : "Grant";
  }
  std::string operator()(const Comment&) const { return "Comment"; }
  std::string operator()(const TransactionStatement&) const { return "Transaction"; }
  std::string operator()(const SetVariable&) const { return "VariableSet"; }
  std::string operator()(const Lock&) const { return "Lock"; }
  std::string operator()(const Copy&) const { return "Copy"; }
  std::string operator()(const CreateStatistics&) const { return "CreateStatistics"; }
  std::string operator()(const PublicationStatement& publication) const {
    return publication.create ? "CreatePublication" : "AlterPublication";
  }
  std::string operator()(const RoleStatement& role) const {
    if (role.name.empty() && !role.database.empty()) return "AlterDatabaseSet";
    return role.create ? "CreateRole" : "AlterRole";
  }
};

}  // namespace

std::string kind_name(const Node& node) {
  return std::visit(KindName{}, node);
}

}  // namespace bgdb::parse
