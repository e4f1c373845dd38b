#include "server/delivery/trace_event.h"

#include "base/json.h"

#include <snappy.h>

#include <array>

#include <zlib.h>

namespace gannet::server {
namespace {

std::string gzip(const std::string& text) {
  constexpr int kGzipWindow = 15 + 16;  // zlib's way to ask for gzip's frame
  constexpr int kMemoryLevel = 8;
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzipWindow, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    return {};
  }
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool is_done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(is_done ? stream.total_out : 0);
  deflateEnd(&stream);
  return out;
}

// CRC-32C (Castagnoli), as snappy's frames need it. Events are small and rare: bit by bit will do.
std::uint32_t crc32c(std::string_view bytes) {
  constexpr std::uint32_t kPolynomial = 0x82F63B78;
  std::uint32_t crc = ~0U;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? kPolynomial : 0U);
  }
  return ~crc;
}

void appendLittleEndian(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) {
    out += static_cast<char>(value & 0xFFU);
    value >>= 8U;
  }
}

// Snappy's framing format:
//
//   ff 06 00 00 "sNaPpY"                            stream identifier
//   00 | size, 3 bytes | masked CRC, 4 bytes | compressed data, of at most 64 KiB
std::string snappyFrames(std::string_view text) {
  constexpr std::size_t kMaxChunk = 65536;
  constexpr std::uint32_t kMask = 0xA282EAD8;
  std::string out("\xff\x06\x00\x00sNaPpY", 10);
  while (!text.empty()) {
    const std::string_view chunk = text.substr(0, kMaxChunk);
    text.remove_prefix(chunk.size());
    std::string compressed;
    snappy::Compress(chunk.data(), chunk.size(), &compressed);
    const std::uint32_t crc = crc32c(chunk);
    out += '\0';
    appendLittleEndian(out, static_cast<std::uint32_t>(compressed.size() + 4), 3);
    appendLittleEndian(out, ((crc >> 15U) | (crc << 17U)) + kMask, 4);
    out += compressed;
  }
  return out;
}

}  // namespace

EncodedEvent encode(const TraceEvent& event, protocol::TraceEncoding encoding) {
  std::string text = json::write(event);
  switch (encoding) {
    case protocol::TraceEncoding::gzip:
      return {"NATS/1.0\r\nContent-Encoding: gzip\r\n\r\n", gzip(text)};
    case protocol::TraceEncoding::snappy:
      return {"NATS/1.0\r\nContent-Encoding: snappy\r\n\r\n", snappyFrames(text)};
    case protocol::TraceEncoding::identity: break;
  }
  return {"", std::move(text)};
}

}  // namespace gannet::server
