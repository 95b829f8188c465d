#include "replication/pgoutput.h"

#include <fmt/format.h>

namespace bgdb::replication {
namespace {

// Reads big-endian values; after the first read past the end everything is zero and ok() is false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool ok() const { return ok_; }
  bool at_end() const { return bytes_.empty(); }

  uint8_t u8() { return static_cast<uint8_t>(unsigned_value(1)); }
  uint16_t u16() { return static_cast<uint16_t>(unsigned_value(2)); }
  uint32_t u32() { return static_cast<uint32_t>(unsigned_value(4)); }
  uint64_t u64() { return unsigned_value(8); }
  Lsn lsn() { return Lsn{u64()}; }

  std::string_view bytes(size_t count) {
    if (count > bytes_.size()) return fail_with_nothing();
    const auto taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }
  std::string_view text() {  // up to a zero byte
    const size_t end = bytes_.find('\0');
    if (end == std::string_view::npos) return fail_with_nothing();
    const auto taken = bytes_.substr(0, end);
    bytes_.remove_prefix(end + 1);
    return taken;
  }

 private:
  uint64_t unsigned_value(size_t count) {
    if (count > bytes_.size()) {
      fail_with_nothing();
      return 0;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < count; ++i) value = value << 8 | static_cast<unsigned char>(bytes_[i]);
    bytes_.remove_prefix(count);
    return value;
  }
  std::string_view fail_with_nothing() {
    ok_ = false;
    bytes_ = {};
    return {};
  }

  std::string_view bytes_;
  bool ok_ = true;
};

bool read_tuple(Reader& reader, std::vector<Field>& tuple) {
  tuple.clear();
  const size_t count = reader.u16();
  for (size_t i = 0; i < count && reader.ok(); ++i) {
    Field field;
    field.kind = static_cast<FieldKind>(reader.u8());
    switch (field.kind) {
      case FieldKind::null:
      case FieldKind::unchanged:
        break;
      case FieldKind::text:
      case FieldKind::binary:
        field.text = reader.bytes(reader.u32());
        break;
      default:
        return false;
    }
    tuple.push_back(field);
  }
  return reader.ok();
}

bool read_relation(Reader& reader, Relation& relation) {
  relation.oid = reader.u32();
  relation.schema = reader.text();
  if (relation.schema.empty()) relation.schema = "pg_catalog";
  relation.name = reader.text();
  relation.replica_identity = static_cast<char>(reader.u8());
  relation.columns.clear();
  const size_t count = reader.u16();
  for (size_t i = 0; i < count && reader.ok(); ++i) {
    RelationColumn column;
    column.key = (reader.u8() & 1) != 0;
    column.name = reader.text();
    column.type_oid = reader.u32();
    column.type_modifier = static_cast<int32_t>(reader.u32());
    relation.columns.push_back(std::move(column));
  }
  return reader.ok();
}

// The old tuple, if one is there, and the byte behind it ('N' or 0 at the end).
bool read_old(Reader& reader, Message& message, uint8_t& next) {
  message.old_kind = OldTuple::none;
  message.old_tuple.clear();
  next = reader.u8();
  if (next != 'K' && next != 'O') return reader.ok();
  message.old_kind = static_cast<OldTuple>(next);
  if (!read_tuple(reader, message.old_tuple)) return false;
  next = reader.at_end() ? 0 : reader.u8();
  return reader.ok();
}

bool read_row_change(Reader& reader, Message& message) {
  message.relation_oid = reader.u32();
  message.old_kind = OldTuple::none;
  message.old_tuple.clear();
  message.new_tuple.clear();
  uint8_t next = 0;
  switch (message.kind) {
    case MessageKind::insert:
      return reader.u8() == 'N' && read_tuple(reader, message.new_tuple);
    case MessageKind::update:
      return read_old(reader, message, next) && next == 'N' && read_tuple(reader, message.new_tuple);
    default:
      return read_old(reader, message, next) && message.old_kind != OldTuple::none && next == 0;
  }
}

bool read_truncate(Reader& reader, Message& message) {
  const size_t count = reader.u32();
  const uint8_t options = reader.u8();
  message.truncate_cascade = (options & 1) != 0;
  message.truncate_restart_identity = (options & 2) != 0;
  message.truncated.clear();
  for (size_t i = 0; i < count && reader.ok(); ++i) message.truncated.push_back(reader.u32());
  return reader.ok();
}

// flags, own position, end position, time
bool read_end(Reader& reader, Message& message) {
  reader.u8();  // flags, unused
  message.lsn = reader.lsn();
  message.end_lsn = reader.lsn();
  message.commit_time_us = static_cast<int64_t>(reader.u64());
  return reader.ok();
}

bool read_transaction(Reader& reader, Message& message) {
  switch (message.kind) {
    case MessageKind::begin:
      message.lsn = reader.lsn();
      message.commit_time_us = static_cast<int64_t>(reader.u64());
      message.xid = reader.u32();
      return reader.ok();
    case MessageKind::commit:
      return read_end(reader, message);
    case MessageKind::begin_prepare:
      message.lsn = reader.lsn();
      message.end_lsn = reader.lsn();
      message.commit_time_us = static_cast<int64_t>(reader.u64());
      break;
    case MessageKind::rollback_prepared:
      reader.u8();
      message.lsn = reader.lsn();
      message.end_lsn = reader.lsn();
      reader.u64();  // when it was prepared
      message.commit_time_us = static_cast<int64_t>(reader.u64());
      break;
    default:  // prepare, commit_prepared, stream_prepare
      if (!read_end(reader, message)) return false;
      break;
  }
  message.xid = reader.u32();
  message.name = reader.text();
  return reader.ok();
}

bool read_stream(Reader& reader, Message& message, int version) {
  message.xid = reader.u32();
  switch (message.kind) {
    case MessageKind::stream_start:
      message.first_segment = reader.u8() != 0;
      return reader.ok();
    case MessageKind::stream_commit:
      return read_end(reader, message);
    default:
      message.sub_xid = reader.u32();
      message.lsn = {};
      message.commit_time_us = 0;
      if (version < 4 || reader.at_end()) return reader.ok();  // the rest comes with streaming = parallel
      message.lsn = reader.lsn();
      message.commit_time_us = static_cast<int64_t>(reader.u64());
      return reader.ok();
  }
}

bool read_change(Reader& reader, Message& message) {
  switch (message.kind) {
    case MessageKind::relation:
      return read_relation(reader, message.relation);
    case MessageKind::type:
      reader.u32();
      reader.text();
      reader.text();
      return reader.ok();
    case MessageKind::truncate:
      return read_truncate(reader, message);
    case MessageKind::logical:
      message.transactional = (reader.u8() & 1) != 0;
      message.lsn = reader.lsn();
      message.name = reader.text();
      message.content = reader.bytes(reader.u32());
      return reader.ok();
    default:
      return read_row_change(reader, message);
  }
}

bool read_body(Reader& reader, Message& message, int version, bool in_stream) {
  switch (message.kind) {
    case MessageKind::begin:
    case MessageKind::commit:
      return !in_stream && read_transaction(reader, message);
    case MessageKind::begin_prepare:
    case MessageKind::prepare:
    case MessageKind::commit_prepared:
    case MessageKind::rollback_prepared:
    case MessageKind::stream_prepare:
      return version >= 3 && !in_stream && read_transaction(reader, message);
    case MessageKind::stream_stop:
      return in_stream;
    case MessageKind::stream_start:
    case MessageKind::stream_commit:
    case MessageKind::stream_abort:
      return version >= 2 && !in_stream && read_stream(reader, message, version);
    case MessageKind::origin:
      message.lsn = reader.lsn();
      message.name = reader.text();
      return reader.ok();
    case MessageKind::relation:
    case MessageKind::type:
    case MessageKind::insert:
    case MessageKind::update:
    case MessageKind::remove:
    case MessageKind::truncate:
    case MessageKind::logical:
      if (in_stream) message.xid = reader.u32();
      return read_change(reader, message);
  }
  return false;
}

Result<void> read_message(std::string_view payload, Message& message, int version, bool in_stream) {
  Reader reader(payload);
  message.kind = static_cast<MessageKind>(reader.u8());
  if (read_body(reader, message, version, in_stream) && reader.at_end()) return {};
  const auto first = payload.empty() ? 0U : static_cast<unsigned char>(payload[0]);
  return fail(ErrorCode::input,
              fmt::format("the replication stream holds a message of {} bytes (first byte 0x{:02x}) that is no "
                          "pgoutput message of protocol version {}{}",
                          payload.size(), first, version, in_stream ? " inside a stream" : ""),
              "report this with the server's version; the slot keeps everything");
}

}  // namespace

Decoder::Decoder(int version) : version_(version) {
  BGDB_ASSERT(version >= 1 && version <= 4);
}

Result<void> Decoder::decode(std::string_view payload, Message& message) {
  BGDB_CHECK(read_message(payload, message, version_, in_stream_));
  if (message.kind == MessageKind::stream_start) in_stream_ = true;
  if (message.kind == MessageKind::stream_stop) in_stream_ = false;
  return {};
}

Result<void> decode(std::string_view payload, Message& message) {
  return read_message(payload, message, 1, false);
}

bool is_begin(std::string_view payload) {
  return !payload.empty() && payload[0] == 'B';
}

Lsn commit_end(std::string_view payload) {
  if (payload.empty() || payload[0] != 'C') return {};
  Reader reader(payload.substr(1));
  reader.u8();
  reader.lsn();
  return reader.lsn();
}

}  // namespace bgdb::replication
