// Placeholders that a runner fills in before the server sees the text: {{ }}, {% %}, ${ }, $% %$, #{ }, %{ }, <%= %>,
// @name@, :name, :'name', :"name", :1.
#pragma once

#include "parse/prepare.h"
#include "parse/scan.h"

namespace bgdb::parse {

struct Placeholder {
  enum class Kind {
    name,     // stands for a name or a value
    nothing,  // steers the template: {{ if }}, {{ end }}, {% %}
    quoted,   // :'x' and :"x": the quotes stay
    number    // :1
  };
  size_t end = 0;  // 0: none begins there
  Kind kind = Kind::name;
};

// `in_brackets`: a colon there separates the bounds of a slice.
Placeholder find_placeholder(std::string_view text, size_t at, bool in_brackets);

// "{{ index .Options "Schema" }}": quotes inside the template do not end the quoted name that begins with `quoted`.
// From the template to before the last quote; end 0 when there is no such thing.
Range find_template_in_quotes(std::string_view text, const Token& quoted);

}  // namespace bgdb::parse
