// Uses a NATS server through the C client library: one step after the other, and a line for each.
//
//   libnats_client URL
//
// Prints "ok STEP" for a step that did what it should, else "failed STEP: REASON". The exit code
// is the number of failed steps. A step that fails does not keep the next from running.

#include <nats/nats.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const int64_t kTimeoutMs = 5000;

// What a step returns: NULL, or why it failed.
typedef const char* Failure;

#define CHECK(condition) \
  if (!(condition)) return #condition

#define OK(call)                                             \
  do {                                                       \
    const natsStatus status = (call);                        \
    if (status != NATS_OK) return natsStatus_GetText(status); \
  } while (0)

static bool holds(const natsMsg* message, const char* text) {
  const size_t size = strlen(text);
  return (size_t)natsMsg_GetDataLength(message) == size &&
         memcmp(natsMsg_GetData(message), text, size) == 0;
}

static void count(natsConnection* connection, natsSubscription* subscription, natsMsg* message,
                  void* counter) {
  (void)connection;
  (void)subscription;
  atomic_fetch_add((atomic_int*)counter, 1);
  natsMsg_Destroy(message);
}

// Waits until `counter` has reached `wanted`.
static bool reaches(atomic_int* counter, int wanted) {
  for (int64_t waited_ms = 0; waited_ms < kTimeoutMs; ++waited_ms) {
    if (atomic_load(counter) >= wanted) return true;
    nats_Sleep(1);
  }
  return false;
}

static Failure synchronous(natsConnection* connection) {
  natsSubscription* subscription = NULL;
  natsMsg* message = NULL;
  OK(natsConnection_SubscribeSync(&subscription, connection, "sync.*"));
  OK(natsConnection_PublishRequestString(connection, "sync.a", "answers", "hello"));
  OK(natsSubscription_NextMsg(&message, subscription, kTimeoutMs));
  CHECK(holds(message, "hello"));
  CHECK(strcmp(natsMsg_GetSubject(message), "sync.a") == 0);
  CHECK(strcmp(natsMsg_GetReply(message), "answers") == 0);
  natsMsg_Destroy(message);
  OK(natsSubscription_Unsubscribe(subscription));
  natsSubscription_Destroy(subscription);
  return NULL;
}

static Failure asynchronous(natsConnection* connection) {
  natsSubscription* subscription = NULL;
  atomic_int received = 0;
  OK(natsConnection_Subscribe(&subscription, connection, "async.>", count, &received));
  for (int i = 0; i < 1000; ++i) OK(natsConnection_PublishString(connection, "async.a.b", "x"));
  CHECK(reaches(&received, 1000));
  OK(natsConnection_Flush(connection));
  CHECK(atomic_load(&received) == 1000);
  OK(natsSubscription_Unsubscribe(subscription));
  natsSubscription_Destroy(subscription);
  return NULL;
}

static Failure queueGroup(natsConnection* connection) {
  natsSubscription* members[2] = {NULL, NULL};
  atomic_int received[2] = {0, 0};
  for (int i = 0; i < 2; ++i) {
    OK(natsConnection_QueueSubscribe(&members[i], connection, "jobs", "workers", count,
                                     &received[i]));
  }
  for (int i = 0; i < 200; ++i) OK(natsConnection_PublishString(connection, "jobs", "x"));
  OK(natsConnection_Flush(connection));
  for (int i = 0; i < 2; ++i) {
    OK(natsSubscription_Drain(members[i]));
    OK(natsSubscription_WaitForDrainCompletion(members[i], kTimeoutMs));
    natsSubscription_Destroy(members[i]);
  }
  CHECK(atomic_load(&received[0]) + atomic_load(&received[1]) == 200);
  CHECK(atomic_load(&received[0]) > 40 && atomic_load(&received[1]) > 40);
  return NULL;
}

// Answers with what was asked; the request's header "Asked", if there is one, becomes "Answered".
static void serve(natsConnection* connection, natsSubscription* subscription, natsMsg* request,
                  void* unused) {
  (void)subscription;
  (void)unused;
  natsMsg* answer = NULL;
  const char* asked = NULL;
  natsMsg_Create(&answer, natsMsg_GetReply(request), NULL, natsMsg_GetData(request),
                 natsMsg_GetDataLength(request));
  if (natsMsgHeader_Get(request, "Asked", &asked) == NATS_OK) {
    natsMsgHeader_Set(answer, "Answered", asked);
  }
  natsConnection_PublishMsg(connection, answer);
  natsMsg_Destroy(answer);
  natsMsg_Destroy(request);
}

static Failure requestReply(natsConnection* connection) {
  natsSubscription* service = NULL;
  natsMsg* answer = NULL;
  OK(natsConnection_Subscribe(&service, connection, "svc", serve, NULL));
  for (int i = 0; i < 100; ++i) {
    OK(natsConnection_RequestString(&answer, connection, "svc", "question", kTimeoutMs));
    CHECK(holds(answer, "question"));
    natsMsg_Destroy(answer);
  }
  natsSubscription_Destroy(service);
  return NULL;
}

static Failure headers(natsConnection* connection) {
  natsSubscription* service = NULL;
  natsMsg* question = NULL;
  natsMsg* answer = NULL;
  const char* value = NULL;
  OK(natsConnection_HasHeaderSupport(connection));
  OK(natsConnection_Subscribe(&service, connection, "svc.headers", serve, NULL));
  OK(natsMsg_Create(&question, "svc.headers", NULL, "", 0));
  OK(natsMsgHeader_Set(question, "Asked", "who: me"));
  OK(natsConnection_RequestMsg(&answer, connection, question, kTimeoutMs));
  OK(natsMsgHeader_Get(answer, "Answered", &value));
  CHECK(strcmp(value, "who: me") == 0);
  CHECK(natsMsg_GetDataLength(answer) == 0);
  natsMsg_Destroy(answer);
  natsMsg_Destroy(question);
  natsSubscription_Destroy(service);
  return NULL;
}

static Failure noResponders(natsConnection* connection) {
  natsMsg* answer = NULL;
  CHECK(natsConnection_RequestString(&answer, connection, "nobody", "?", kTimeoutMs) ==
        NATS_NO_RESPONDERS);
  CHECK(answer == NULL);
  return NULL;
}

static Failure autoUnsubscribe(natsConnection* connection) {
  natsSubscription* subscription = NULL;
  natsMsg* message = NULL;
  OK(natsConnection_SubscribeSync(&subscription, connection, "few"));
  OK(natsSubscription_AutoUnsubscribe(subscription, 3));
  for (int i = 0; i < 5; ++i) OK(natsConnection_PublishString(connection, "few", "x"));
  OK(natsConnection_Flush(connection));
  for (int i = 0; i < 3; ++i) {
    OK(natsSubscription_NextMsg(&message, subscription, kTimeoutMs));
    natsMsg_Destroy(message);
  }
  CHECK(natsSubscription_NextMsg(&message, subscription, kTimeoutMs) == NATS_MAX_DELIVERED_MSGS);
  natsSubscription_Destroy(subscription);
  return NULL;
}

static Failure roundTrip(natsConnection* connection) {
  int64_t rtt_ns = 0;
  uint64_t client_id = 0;
  OK(natsConnection_FlushTimeout(connection, kTimeoutMs));
  OK(natsConnection_GetRTT(connection, &rtt_ns));
  OK(natsConnection_GetClientID(connection, &client_id));
  CHECK(rtt_ns > 0 && rtt_ns < kTimeoutMs * 1000000);
  CHECK(client_id > 0);
  CHECK(natsConnection_GetMaxPayload(connection) == 1024 * 1024);
  return NULL;
}

static Failure maxPayload(natsConnection* connection) {
  static char body[1024 * 1024 + 1];
  natsSubscription* subscription = NULL;
  natsMsg* message = NULL;
  OK(natsConnection_SubscribeSync(&subscription, connection, "big"));
  OK(natsConnection_Publish(connection, "big", body, sizeof(body) - 1));
  OK(natsSubscription_NextMsg(&message, subscription, kTimeoutMs));
  CHECK(natsMsg_GetDataLength(message) == sizeof(body) - 1);
  CHECK(natsConnection_Publish(connection, "big", body, sizeof(body)) == NATS_MAX_PAYLOAD);
  natsMsg_Destroy(message);
  natsSubscription_Destroy(subscription);
  return NULL;
}

static Failure drain(natsConnection* connection) {
  natsSubscription* subscription = NULL;
  atomic_int received = 0;
  OK(natsConnection_Subscribe(&subscription, connection, "last", count, &received));
  for (int i = 0; i < 500; ++i) OK(natsConnection_PublishString(connection, "last", "x"));
  OK(natsConnection_DrainTimeout(connection, kTimeoutMs));
  for (int64_t ms = 0; ms < kTimeoutMs && !natsConnection_IsClosed(connection); ++ms) nats_Sleep(1);
  CHECK(natsConnection_IsClosed(connection));
  CHECK(atomic_load(&received) == 500);
  natsSubscription_Destroy(subscription);
  return NULL;
}

int main(int argc, char** argv) {
  static const struct {
    const char* name;
    Failure (*run)(natsConnection* connection);
  } kSteps[] = {
      {"synchronous", synchronous},   {"asynchronous", asynchronous},
      {"queue_group", queueGroup},    {"request", requestReply},
      {"headers", headers},           {"no_responders", noResponders},
      {"round_trip", roundTrip},      {"auto_unsubscribe", autoUnsubscribe},
      {"max_payload", maxPayload},    {"drain", drain},  // closes the connection: the last one
  };
  setvbuf(stdout, NULL, _IOLBF, 0);  // a crash must not swallow the steps before it
  natsConnection* connection = NULL;
  const natsStatus status =
      argc == 2 ? natsConnection_ConnectTo(&connection, argv[1]) : NATS_INVALID_ARG;
  if (status != NATS_OK) {
    printf("failed connect: %s\n", natsStatus_GetText(status));
    return 1;
  }
  printf("ok connect\n");
  int failed = 0;
  for (size_t i = 0; i < sizeof(kSteps) / sizeof(kSteps[0]); ++i) {
    const Failure why = kSteps[i].run(connection);
    if (why) printf("failed %s: %s\n", kSteps[i].name, why);
    if (!why) printf("ok %s\n", kSteps[i].name);
    if (why) ++failed;
  }
  natsConnection_Destroy(connection);
  nats_CloseAndWait(kTimeoutMs);
  return failed;
}
