#include "bench/client/message_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace gannet::bench {
namespace {

std::vector<std::string> subjectsIn(MessageReader& reader) {
  std::vector<std::string> subjects;
  while (const auto message = reader.next()) {
    subjects.push_back(std::string(message->subject) + "/" + std::string(message->reply));
  }
  return subjects;
}

TEST(MessageReader, GivesTheSameMessagesHoweverTheBytesAreSplit) {
  const std::string stream =
      "MSG a 1 0\r\n\r\nPING\r\nMSG b 1 r.1 4\r\n\r\n\r\n\r\nINFO {} \r\nPONG\r\nMSG c 1 "
      "1\r\nx\r\n";
  const std::vector<std::string> wanted = {"a/", "b/r.1", "c/"};
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    MessageReader reader;
    reader.feed(std::string_view(stream).substr(0, cut));
    std::vector<std::string> subjects = subjectsIn(reader);
    reader.feed(std::string_view(stream).substr(cut));
    for (std::string& subject : subjectsIn(reader))
      subjects.push_back(std::move(subject));

    EXPECT_EQ(subjects, wanted) << cut;
    EXPECT_EQ(reader.takePings(), 1U);
    EXPECT_EQ(reader.takePings(), 0U);
    EXPECT_EQ(reader.error(), "");
  }
}

TEST(MessageReader, StopsAtAnErrorAndKeepsIt) {
  MessageReader reader;
  reader.feed("MSG a 1 0\r\n\r\n-ERR 'Stale Connection'\r\nMSG b 1 0\r\n\r\n");

  EXPECT_EQ(subjectsIn(reader), std::vector<std::string>{"a/"});
  EXPECT_EQ(reader.error(), "'Stale Connection'");
}

TEST(MessageReader, TakesAnUnknownLineForAnError) {
  MessageReader reader;
  reader.feed("HELLO\r\n");

  EXPECT_FALSE(reader.next().has_value());
  EXPECT_EQ(reader.error(), "unexpected line: HELLO");
}

}  // namespace
}  // namespace gannet::bench
