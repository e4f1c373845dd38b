#include "server/state/session_log.h"

#include "base/log.h"
#include "tests/unit/base/temp_folder.h"
#include "tests/unit/server/still_shards.h"

#include <gtest/gtest.h>

#include <chrono>
#include <sstream>
#include <string>
#include <vector>

namespace gannet::server {
namespace {

constexpr std::string_view kRefused = "PUB $GR.x 0\r\n\r\n";
constexpr std::string_view kLine = "[ERR] LABEL - Publish Violation - Subject \"$GR.x\"";

// A server that logs to a file, on a clock of the test's own.
class SessionLogTest : public testing::Test {
 protected:
  void SetUp() override {
    log::Settings settings;
    settings.file = folder.at("log");
    settings.has_time = false;
    ASSERT_TRUE(log::open(settings).has_value());
  }

  void TearDown() override { log::close(); }

  void send(StillClient& client, std::string_view bytes, int times) {
    for (int i = 0; i < times; ++i)
      client.send(bytes);
    shards.settle();
    client.take();
  }

  // The lines since the last call, without the process's number, and with LABEL for `label`.
  std::vector<std::string> lines(const std::string& label) {
    log::flush();
    std::istringstream text(readFile(folder.at("log")).substr(read));
    read += text.str().size();
    std::vector<std::string> found;
    for (std::string line; std::getline(text, line);) {
      line.erase(0, line.find(' ') + 1);
      if (const auto at = line.find(label); at != std::string::npos)
        line.replace(at, label.size(), "LABEL");
      found.push_back(line);
    }
    return found;
  }

  TempFolder folder;
  StillShards shards;
  std::size_t read = 0;
};

TEST_F(SessionLogTest, LetsSomeLinesOfAKindThroughAtOnce) {
  StillClient client = shards.login();
  const std::string label = client.session.label();

  send(client, kRefused, kLinesAtOnce);
  EXPECT_EQ(lines(label), std::vector<std::string>(kLinesAtOnce, std::string(kLine)));
  send(client, kRefused, 500);
  EXPECT_EQ(lines(label), std::vector<std::string>());
}

TEST_F(SessionLogTest, ThenLetsOneThroughASecondAndSaysHowManyItLeftOut) {
  StillClient client = shards.login();
  const std::string label = client.session.label();
  send(client, kRefused, kLinesAtOnce + 7);
  lines(label);

  shards.advance(std::chrono::milliseconds(999));
  send(client, kRefused, 1);
  EXPECT_EQ(lines(label), std::vector<std::string>());
  shards.advance(std::chrono::milliseconds(1001));
  send(client, kRefused, 3);

  EXPECT_EQ(lines(label),
            (std::vector<std::string>{"[ERR] LABEL - Publish Violation: 8 more were left out",
                                      std::string(kLine), std::string(kLine)}));
}

TEST_F(SessionLogTest, SaysAtTheEndHowManyWereLeftOut) {
  StillClient client = shards.login();
  const std::string label = client.session.label();
  send(client, kRefused, kLinesAtOnce + 7);
  lines(label);

  client.send("PUB\r\n");
  shards.settle();

  const auto last = lines(label);
  ASSERT_EQ(last.size(), 2U);
  EXPECT_EQ(last[1], "[ERR] LABEL - Publish Violation: 7 more were left out");
}

TEST_F(SessionLogTest, TellsKindsAndConnectionsApart) {
  StillClient one = shards.login();
  StillClient two = shards.login();
  send(one, kRefused, kLinesAtOnce + 1);
  lines("");

  send(one, "SUB a _sys_ 1\r\n", 1);
  send(two, kRefused, 1);

  EXPECT_EQ(lines("").size(), 2U);
}

}  // namespace
}  // namespace gannet::server
