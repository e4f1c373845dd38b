#include "config/language/document.h"

#include "base/json.h"
#include "base/json_writer.h"
#include "config/language/parser.h"
#include "config/language/read_file.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>

namespace gannet::config {
namespace {

void writeValue(json::Writer& out, const Value& value);

struct WriteValue {
  json::Writer& out;

  void operator()(const std::string& value) const { out.text(value); }

  void operator()(std::int64_t value) const { out.integer(value); }

  void operator()(double value) const { out.number(value); }

  void operator()(bool value) const { out.boolean(value); }

  void operator()(const Datetime& value) const { out.text(value.text); }

  void operator()(const Array& values) const {
    out.open('[');
    for (const Value& value : values) {
      out.element();
      writeValue(out, value);
    }
    out.close(']');
  }

  void operator()(const Map& map) const {
    out.open('{');
    for (const auto& [key, entry] : map) {
      out.key(key);
      writeValue(out, entry.value);
    }
    out.close('}');
  }
};

void writeValue(json::Writer& out, const Value& value) {
  std::visit(WriteValue{out}, value.data);
}

}  // namespace

Result<Document, Error> parseFile(const std::string& path) {
  const auto text = readFile(path);
  if (!text) return text.error();
  return parseText(*text, path);
}

Result<Document, Error> parseText(std::string_view text, const std::string& path) {
  Document document;
  ParseRun run{document};
  const std::string& name = document.files.emplace_back(path);
  auto root = Parser(text, name, run).parse();
  if (!root) return root.error();
  document.root = std::move(*root);
  return document;
}

std::string digest(const Map& root) {
  std::string tree;
  json::Writer out(tree, json::Style::compact);
  WriteValue{out}(root);
  tree += '\n';
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
  unsigned size = 0;
  EVP_Digest(tree.data(), tree.size(), hash.data(), &size, EVP_sha256(), nullptr);
  std::string text = "sha256:";
  for (unsigned i = 0; i < size; ++i)
    text += fmt::format("{:02x}", hash.at(i));
  return text;
}

}  // namespace gannet::config
