#include "config/language/document.h"

#include "tests/unit/base/temp_folder.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace gannet::config {
namespace {

std::string repeat(std::string_view text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i)
    out += text;
  return out;
}

// The digest of a text, or the error it has.
std::string digestOf(std::string_view text) {
  const auto document = parseText(text, "test.conf");
  return document ? digest(document->root) : document.error().text;
}

// The error of a text, or nothing.
std::string errorOf(std::string_view text) {
  const auto document = parseText(text, "test.conf");
  return document ? "" : document.error().text;
}

TEST(Digest, IsTheSpecsForItsExamples) {  // config-and-cli §1.11

  struct Row {
    std::string_view text, digest;
  };

  constexpr Row kRows[] = {
      {"foo = bar", "sha256:226e49e13d16e5e8aa0d62e58cd63361bf097d3e2b2444aa3044334628a2e8de"},
      {"# x\n{ 'foo': 'bar' }",
       "sha256:226e49e13d16e5e8aa0d62e58cd63361bf097d3e2b2444aa3044334628a2e8de"},
      {"hello = 'world'\naccounts { bar = { users = [ { user = \"bar\" } ] }\n"
       "quux = { users = [ { user: quux } ] } }\nvery { nested { env { quux = 'NESTED' } } }",
       "sha256:34f8faf3f269fe7509edc4742f20c8c4a7ad51fe21f8b361764314b533ac3ab5"},
      {"accounts { foo { users = [ { user = \"foo\" } ] }\nbar { users = [ { user = \"bar\" } ] }\n"
       "quux { users = [ { user = \"quux\" } ] } }",
       "sha256:e72d70c91b64b0f880f86decb95ec2600cbdcf8bdcd2355fce5ebc54a84a77e9"},
  };
  for (const Row& row : kRows)
    EXPECT_EQ(digestOf(row.text), row.digest) << row.text;
}

TEST(Digest, IsOfTheTreeAndNotOfTheText) {  // config-and-cli §1.11

  struct Row {
    std::string_view one, other;
    bool is_same;
  };

  constexpr Row kRows[] = {
      {"a = 1\nb = 2", "b: 2; a: 1", true},
      {"a = 1kb", "a = 1024", true},
      {"a = yes", "a = TRUE", true},
      {"a = 2.0", "a = 2", true},
      {"a = 1\na = 2", "a = 2", true},
      {"a = [1, 2 ]", "a [\n 1\n 2\n]", true},
      {R"(a = "\x78")", "a = x", true},
      {"a = 1", "a = '1'", false},
      {"a = true", "a = 'true'", false},
      {"a = 1", "A = 1", false},
      {"a = [1, 2 ]", "a = [2, 1 ]", false},
      {"v = 1\na = $v", "a = 1", false},       // the variable counts too,
      {"v = 1\na = $v", "v = 1\na = 1", true}  // with what it stands for
  };
  for (const Row& row : kRows)
    EXPECT_EQ(digestOf(row.one) == digestOf(row.other), row.is_same)
        << row.one << " / " << row.other;
}

TEST(Document, NestsBracketsUpToTheLimit) {
  const auto brackets = [](int depth) {
    return "a = " + repeat("[", depth) + "x" + repeat("]", depth);
  };
  const auto maps = [](int depth) { return repeat("a { ", depth) + repeat("} ", depth); };
  const std::string error =
      fmt::format("Parse error on line 1: 'Brackets are nested more than {} deep'", kMaxNesting);

  EXPECT_EQ(errorOf(brackets(kMaxNesting)), "");
  EXPECT_EQ(errorOf(maps(kMaxNesting)), "");
  EXPECT_EQ(errorOf(repeat("{ ", kMaxNesting)), "");

  EXPECT_EQ(errorOf(brackets(kMaxNesting + 1)), error);
  EXPECT_EQ(errorOf(maps(kMaxNesting + 1)), error);
  EXPECT_EQ(errorOf(repeat("{ ", kMaxNesting + 1)), error);
  EXPECT_EQ(errorOf("a = " + repeat("[", 1'000'000)), error);  // and the stack holds
}

TEST(Document, ForgetsTheDepthOfBracketsThatClosed) {
  std::string text;
  for (int i = 0; i <= kMaxNesting; ++i)
    text += fmt::format("a{} {{ b [ x ] }}\n", i);

  EXPECT_EQ(errorOf(text), "");
}

TEST(Document, RefusesVariablesThatDoubleAValueAgainAndAgain) {
  std::string text = "v0 = [x, x]\n";
  for (int i = 1; i <= 40; ++i)
    text += fmt::format("v{} = [$v{}, $v{}]\n", i, i - 1, i - 1);

  EXPECT_TRUE(errorOf(text).ends_with("'The configuration holds too many values'"))
      << errorOf(text);
}

TEST(Document, IncludesBesideTheIncludingFile) {  // config-and-cli §1.8
  const TempFolder folder;
  std::filesystem::create_directory(folder.path() / "sub");
  writeFile(folder.at("main.conf"), "a = 1\ninclude sub/one.conf\nc = $b\n");
  writeFile(folder.at("sub/one.conf"), "include 'two.conf'\nb = 2");
  writeFile(folder.at("sub/two.conf"), "a = 3");

  const auto document = parseFile(folder.at("main.conf"));

  ASSERT_TRUE(document.has_value()) << document.error().text;
  EXPECT_EQ(digest(document->root), digestOf("a = 3\nb = 2\nc = 2"));
  EXPECT_EQ(document->root.find("a")->second.at.file, folder.at("sub/two.conf"));
  EXPECT_EQ(document->root.find("c")->second.at.line, 3);
}

TEST(Document, IncludesUpToTheLimit) {
  const TempFolder folder;
  for (int i = 0; i <= kMaxIncludeDepth; ++i) {
    writeFile(folder.at(fmt::format("{}.conf", i)), fmt::format("include '{}.conf'\n", i + 1));
  }
  writeFile(folder.at(fmt::format("{}.conf", kMaxIncludeDepth)), "a = 1\n");
  EXPECT_TRUE(parseFile(folder.at("0.conf")).has_value());

  writeFile(folder.at("self.conf"), "include self.conf\n");
  const auto endless = parseFile(folder.at("self.conf"));

  ASSERT_FALSE(endless.has_value());
  EXPECT_EQ(endless.error().text,
            repeat("error parsing include file 'self.conf', ", kMaxIncludeDepth + 1) +
                fmt::format("includes are nested more than {} deep", kMaxIncludeDepth));
}

TEST(Document, NamesTheFileThatIsNotThere) {
  const TempFolder folder;
  writeFile(folder.at("main.conf"), "include gone.conf\n");

  EXPECT_EQ(parseFile(folder.at("none.conf")).error().text,
            fmt::format("open {}: no such file or directory", folder.at("none.conf")));
  EXPECT_EQ(
      parseFile(folder.at("main.conf")).error().text,
      fmt::format("error parsing include file 'gone.conf', open {}: no such file or directory",
                  folder.at("gone.conf")));
  EXPECT_EQ(parseFile(folder.path()).error().text,
            fmt::format("read {}: is a directory", folder.path().string()));
}

}  // namespace
}  // namespace gannet::config
