#include "clone/post_data.h"

#include "clone/dump.h"
#include "support/check.h"

#include <set>

using namespace bgdb;
using namespace bgdb::clone;

namespace {

const std::string kDump = R"sql(--
-- PostgreSQL database dump
--
SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);

--
-- Name: a a_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--
ALTER TABLE ONLY public.a
    ADD CONSTRAINT a_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.a REPLICA IDENTITY USING INDEX a_pkey;
CREATE UNIQUE INDEX "odd;name" ON public.a USING btree (n) WHERE (t = 'semi;colon'::text);
COMMENT ON INDEX public."odd;name" IS 'CREATE INDEX x ON y (z);';
CREATE INDEX parts_day ON ONLY public.parts USING btree (day);
ALTER INDEX public.parts_day ATTACH PARTITION public.parts_old_day;
ALTER TABLE ONLY public.b
    ADD CONSTRAINT "b to a" FOREIGN KEY (a) REFERENCES public.a(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.b
    ADD CONSTRAINT known_bad FOREIGN KEY (x) REFERENCES public.a(id) NOT VALID;
ALTER TABLE public.parts
    ADD CONSTRAINT parts_a FOREIGN KEY (a) REFERENCES public.a(id);
SOMETHING NEWER THAN WE KNOW;
CREATE TRIGGER t BEFORE INSERT ON public.a FOR EACH ROW EXECUTE FUNCTION public.f();
)sql";

}  // namespace

TEST_CASE("a dump's second half: keys and indexes apart, foreign keys without their rows, all else in its order") {
  const auto data = read_post_data_text(kDump);
  CHECK(data.settings.size() == 2);
  REQUIRE(data.indexes.size() == 3);
  CHECK(data.indexes[1].sql ==
        R"(CREATE UNIQUE INDEX "odd;name" ON public.a USING btree (n) WHERE (t = 'semi;colon'::text))");
  CHECK(data.indexes[2].table.name == "parts");
  REQUIRE(data.identities.size() == 1);
  REQUIRE(data.foreign_keys.size() == 1);
  CHECK(data.foreign_keys[0].sql == R"(alter table only public.b validate constraint "b to a")");
  REQUIRE(data.rest.size() == 7);
  CHECK(data.rest[0].sql.starts_with("COMMENT"));
  CHECK(data.rest[1].sql.starts_with("ALTER INDEX"));
  CHECK(data.rest[2].sql.ends_with("ON DELETE CASCADE not valid"));
  CHECK(data.rest[3].sql.ends_with("NOT VALID"));
  CHECK(data.rest[4].sql.ends_with("REFERENCES public.a(id)"));
  CHECK(data.rest[5].sql == "SOMETHING NEWER THAN WE KNOW");
  std::set<size_t> numbers;
  for (const auto* list : {&data.indexes, &data.identities, &data.rest}) {
    for (const auto& statement : *list) CHECK(numbers.insert(statement.number).second);
  }
}

TEST_CASE("what is only for psql, for newer servers, or bgdb's own guard does not travel") {
  const std::string kept = without_foreign_lines(
      "\\restrict abc\nSET transaction_timeout = 0;\nSET lock_timeout = 0;\nCREATE TRIGGER bgdb_guard BEFORE INSERT ON "
      "public.a FOR EACH STATEMENT EXECUTE FUNCTION bgdb.refuse_write();\nselect 'bgdb_guard';\n");
  CHECK(kept == "SET lock_timeout = 0;\nselect 'bgdb_guard';\n");
}
