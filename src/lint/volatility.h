// Does a function give another value for every row? Only that makes a column default rewrite the table. Built-in
// functions: data/postgresql/functions.txt, written from pg_proc of a real server by data/postgresql/generate.
#pragma once

#include "core/ident.h"
#include "parse/ast.h"
#include "schema/catalog.h"

namespace bgdb::lint {

enum class Volatility { not_volatile, is_volatile, unknown };

Volatility volatility_of(const QualifiedName& function, const schema::Catalog& catalog);
// The worst of all functions that the expression calls.
Volatility volatility_of(const parse::Expr& expression, const schema::Catalog& catalog);
bool is_serial(const parse::ColumnDef& column);
// Every INSERT that leaves the column out gets another value: an identity, nextval(), a random UUID.
bool fills_with_fresh(const schema::Column& column, const schema::Catalog& catalog);

}  // namespace bgdb::lint
