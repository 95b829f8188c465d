// What a SQL statement says, as plain values: our own small tree, so that no libpg_query type leaves parse/.
// Names are as written (schema empty when not given), already case-folded by PostgreSQL's scanner.
// A statement kind that nobody judges in detail is `Other` with PostgreSQL's own node name.
#pragma once

#include <string>
#include <variant>

#include "parse/ast_object.h"
#include "parse/ast_table.h"

namespace bgdb::parse {

struct Other {
  std::string node;  // PostgreSQL's node name, e.g. "CreateForeignServerStmt"
};

using Node = std::variant<Other, Query, CreateTable, CreateTableAs, AlterTable, Rename, SetSchema, OwnerChange, Drop,
                          Truncate, CreateIndex, Reindex, Cluster, Vacuum, Refresh, CreateView, CreateFunction,
                          AlterFunction, DoBlock, Call, CreateTrigger, CreateRule, PolicyStatement, CreateEnum,
                          AlterEnum, CreateType, CreateDomain, AlterDomain, CreateSequence, AlterSequence, CreateSchema,
                          CreateExtension, AlterExtension, Grant, Comment, TransactionStatement, SetVariable, Lock,
                          Copy, CreateStatistics, PublicationStatement, RoleStatement>;

struct SchemaElements {
  std::vector<Node> nodes;
};

// A short stable name for the statement, as in PostgreSQL's node names without "Stmt": "AlterTable", "CreateIndex"
// ("Index" in PostgreSQL), "Update", "Select" ...
std::string kind_name(const Node& node);

}  // namespace bgdb::parse
