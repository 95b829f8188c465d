// Any bytes are a message of the stream, of any protocol version, also inside a streamed transaction (the first byte
// says which): decoding finds an error or a message whose every text lies inside the bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "replication/pgoutput.h"

namespace {

void check(std::string_view text, std::string_view payload) {
  if (text.empty()) return;
  if (text.data() < payload.data() || text.data() + text.size() > payload.data() + payload.size()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace bgdb::replication;
  static Message message;  // used again and again, as the relay does
  if (size == 0) return 0;
  const std::string_view payload(reinterpret_cast<const char*>(data) + 1, size - 1);
  Decoder decoder(1 + (data[0] & 3));
  using namespace std::string_view_literals;
  if ((data[0] & 4) != 0) (void)decoder.decode("S\0\0\0\1\1"sv, message);
  (void)is_begin(payload);
  (void)commit_end(payload);
  if (!decoder.decode(payload, message)) return 0;
  switch (message.kind) {
    case MessageKind::insert:
    case MessageKind::update:
    case MessageKind::remove:
      for (const auto* tuple : {&message.old_tuple, &message.new_tuple}) {
        for (const Field& field : *tuple) check(field.text, payload);
      }
      break;
    case MessageKind::origin:
      check(message.name, payload);
      break;
    case MessageKind::logical:
      check(message.name, payload);
      check(message.content, payload);
      break;
    default:
      break;
  }
  return 0;
}
