/* How many watches there may be, and of whom; and how much they make pidlet remember. */
#include "base/arena.h"
#include "base/buf.h"
#include "daemon/api/api.h"
#include "daemon/api/http.h"
#include "daemon/api/kinds.h"
#include "daemon/api/snapshot.h"
#include "tests/lib/test.h"

#include <stdlib.h>
#include <string.h>

static struct api api;
static struct http_stream *open_ones[WATCHES_MAX];
static unsigned count;

static void on_change(void *arg)
{
    (void)arg;
}

static void begin(void)
{
    api_init(&api, NULL);
    store_init(&api.store, on_change, NULL);
    count = 0;
}

static void close_one(void)
{
    open_ones[count - 1]->free(open_ones[count - 1]);
    count--;
}

static void end(void)
{
    while (count > 0)
        close_one();
    api_deinit(&api);
}

/* Returns the answer's code; the text of a refusal is in `why`. */
static unsigned opens(const char *client, struct buf *why)
{
    struct arena *arena = arena_new();
    struct http_request rq = {.api = &api, .arena = arena, .client = client, .accept = "", .content_type = "", .body = "",
                              .path = arena_strdup(arena, "/api/v1/pods"), .resource = RESOURCES};
    struct http_reply reply = {0};

    EXPECT(query_parse(&rq.query, "watch=1", arena));
    EXPECT(api_handle(&rq, &reply));
    EXPECT_INT(reply.retry_after, reply.code == 429 ? 1 : 0);
    buf_clear(why);
    if (reply.stream != NULL)
        open_ones[count++] = reply.stream;
    else
        buf_adds(why, buf_text(&reply.body));
    buf_deinit(&reply.body);
    arena_free(arena);
    return reply.code;
}

static void opens_its_share(const char *client)
{
    struct buf why = BUF_INIT;

    for (int i = 0; i < WATCHES_OF_A_CLIENT_MAX; i++)
        EXPECT_INT(opens(client, &why), 200);
    buf_deinit(&why);
}

TEST(a_client_has_no_more_watches_than_its_share_and_the_others_have_theirs)
{
    struct buf why = BUF_INIT;

    begin();
    opens_its_share("uid 1000");
    EXPECT_INT(opens("uid 1000", &why), 429);
    EXPECT(strstr(buf_text(&why), "too many watches: uid 1000 has 1000, which is the most of one client") != NULL);
    EXPECT(strstr(buf_text(&why), "\"reason\":\"TooManyRequests\"") != NULL);
    EXPECT(strstr(buf_text(&why), "\"details\":{\"retryAfterSeconds\":1}") != NULL);
    EXPECT_INT(opens("token", &why), 200);
    EXPECT_INT(opens("certificate CN=admin", &why), 200);
    end();
    buf_deinit(&why);
}

TEST(a_watch_that_ends_makes_room)
{
    struct buf why = BUF_INIT;

    begin();
    opens_its_share("token");
    EXPECT_INT(opens("token", &why), 429);
    close_one();
    EXPECT_INT(opens("token", &why), 200);
    EXPECT_INT(opens("token", &why), 429);
    end();
    buf_deinit(&why);
}

TEST(all_clients_together_have_no_more_than_there_may_be)
{
    struct buf why = BUF_INIT;

    begin();
    opens_its_share("uid 1");
    opens_its_share("uid 2");
    EXPECT_INT(opens("uid 3", &why), 429);
    EXPECT(strstr(buf_text(&why), "too many watches: there are 2000 of all clients") != NULL);
    close_one();
    EXPECT_INT(opens("uid 3", &why), 200);
    end();
    buf_deinit(&why);
}

/* A ConfigMap of that name and about that size, anew. */
static void changes(const char *name, size_t size)
{
    struct snapshot *s = snapshot_new(&resource_config_maps);

    s->version = store_next_version(&api.store);
    s->namespace = "default";
    s->name = name;
    s->length = size;
    s->text = memset(arena_alloc(s->arena, size), 'x', size);
    EXPECT(store_put(&api.store, s));
}

TEST(what_has_changed_is_remembered_up_to_a_number_of_bytes)
{
    enum { MIB = 1024 * 1024 };
    bool lost;

    begin();
    for (int i = 0; i < 40; i++)
        changes("large", MIB);
    EXPECT(api.store.ring_bytes <= STORE_HISTORY_BYTES + 2 * MIB);
    EXPECT(store_change(&api.store, 40, &lost) != NULL && !lost);
    EXPECT(store_change(&api.store, 30, &lost) != NULL && !lost);
    EXPECT(store_change(&api.store, 10, &lost) == NULL && lost);
    for (int i = 0; i < 2; i++)
        changes("larger than all that is remembered", 20 * MIB);
    EXPECT(store_change(&api.store, 42, &lost) != NULL && !lost);
    end();
}

TEST(small_changes_are_remembered_by_their_number)
{
    bool lost;

    begin();
    for (int i = 0; i < 5000; i++)
        changes("small", 100);
    EXPECT(store_change(&api.store, 5000 - STORE_HISTORY_MIN + 1, &lost) != NULL && !lost);
    EXPECT(api.store.ring_count <= STORE_HISTORY_MIN + 4);
    EXPECT(api.store.ring_bytes < 4 * 1024 * 1024);
    end();
}

TESTS(RUN(a_client_has_no_more_watches_than_its_share_and_the_others_have_theirs),
      RUN(a_watch_that_ends_makes_room),
      RUN(all_clients_together_have_no_more_than_there_may_be),
      RUN(what_has_changed_is_remembered_up_to_a_number_of_bytes),
      RUN(small_changes_are_remembered_by_their_number))
