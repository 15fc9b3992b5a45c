/* The store of Events: spec 8.1 and 8.3, in virtual time. */
#include "daemon/core/events.h"

#include "base/buf.h"
#include "daemon/core/event_filter.h"
#include "tests/lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND MONO_SECOND
#define HOUR (3600 * MONO_SECOND)

/* ---- memory that is refused ---- */

static int allocations_left = -1;       /* -1: all are granted */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__real_reallocarray(void *old, size_t n, size_t size);
void *__wrap_reallocarray(void *old, size_t n, size_t size);

static bool granted(void)
{
    if (allocations_left > 0)
        allocations_left--;
    else if (allocations_left == 0)
        return false;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return granted() ? __real_malloc(size) : NULL;
}

void *__wrap_calloc(size_t n, size_t size)
{
    return granted() ? __real_calloc(n, size) : NULL;
}

void *__wrap_realloc(void *old, size_t size)    /* the tests' own bufs */
{
    return __real_realloc(old, size);
}

void *__wrap_reallocarray(void *old, size_t n, size_t size)
{
    return granted() ? __real_reallocarray(old, n, size) : NULL;
}

/* ---- a story ---- */

struct story {
    struct event_store *store;
    struct buf changes;                 /* "+" added, "~" modified, "-" deleted, and the record */
    struct buf shown;
    mono_ms now;
};

static void add_record(struct buf *out, const struct event_record *r)
{
    buf_addf(out, "%s%s%s %s %s: %s x%u %d-%d\n", event_record_pod(r).name, r->field_path[0] != '\0' ? " " : "",
             r->field_path, r->type, r->reason, r->message, r->count, (int)(r->first_at / 1000),
             (int)(r->last_at / 1000));
}

static void on_change(void *arg, enum event_change change, const struct event_record *r)
{
    static const char signs[] = {[EVENT_ADDED] = '+', [EVENT_MODIFIED] = '~', [EVENT_DELETED] = '-'};
    struct story *s = arg;

    EXPECT_INT(r->sequence, event_store_sequence(s->store));
    buf_addc(&s->changes, signs[change]);
    add_record(&s->changes, r);
}

static void begin(struct story *s, unsigned per_pod)
{
    const struct event_limits limits = {.per_pod = per_pod, .ttl = HOUR};

    *s = (struct story){.store = event_store_new(&limits)};
    assert_non_null(s->store);
    event_store_listen(s->store, on_change, s);
}

static void end(struct story *s)
{
    event_store_free(s->store);
    buf_deinit(&s->changes);
    buf_deinit(&s->shown);
}

static bool happens(struct story *s, const char *pod, const char *container, const char *type,
                    const char *reason, const char *message)
{
    return event_store_add(s->store, &(struct event){
        .pod = {.namespace = "default", .name = pod, .uid = "u1"}, .container = container,
        .type = type, .reason = reason, .message = message, .now = s->now,
        .unix_ns = (uint64_t)s->now * 1000000});
}

static void show(void *arg, enum event_change change, const struct event_record *r)
{
    struct story *s = arg;

    EXPECT_INT(change, EVENT_ADDED);
    add_record(&s->shown, r);
}

static const char *shown(struct story *s)
{
    buf_clear(&s->shown);
    for (unsigned i = 0; i < EVENT_STORE_PARTS; i++)
        event_store_each(s->store, i, show, s);
    return buf_text(&s->shown);
}

#define EXPECT_CHANGES(s, wanted)                       \
    do {                                                \
        EXPECT_STR(buf_text(&(s)->changes), wanted);    \
        buf_clear(&(s)->changes);                       \
    } while (0)

/* ---- spec 8.1 ---- */

TEST(an_event_is_of_a_pod_or_of_a_container_of_it)
{
    struct story s;

    begin(&s, 1000);
    s.now = 5 * SECOND;
    EXPECT(happens(&s, "web", NULL, "Normal", "DeadlineExceeded", "over"));
    EXPECT(happens(&s, "web", "app", "Normal", "Created", "Container created"));
    event_store_add(s.store, &(struct event){
        .pod = {.namespace = "default", .name = "web", .uid = "u1"}, .container = "setup", .init = true,
        .type = "Warning", .reason = "BackOff", .message = "m", .now = s.now, .unix_ns = 5000000000});
    EXPECT_CHANGES(&s, "+web Normal DeadlineExceeded: over x1 5-5\n"
                       "+web spec.containers{app} Normal Created: Container created x1 5-5\n"
                       "+web spec.initContainers{setup} Warning BackOff: m x1 5-5\n");
    end(&s);
}

static void keep_name(void *arg, enum event_change change, const struct event_record *r)
{
    struct buf *names = arg;

    (void)change;
    event_record_add_name(r, names);
    buf_addc(names, '\n');
}

TEST(the_name_of_an_event_is_the_pods_and_the_time_in_hex_and_never_the_same)
{
    struct buf names = BUF_INIT;
    struct story s;

    begin(&s, 1000);
    s.now = 0x1234;
    happens(&s, "web", "a", "Normal", "Created", "m");
    happens(&s, "web", "b", "Normal", "Created", "m");
    for (unsigned i = 0; i < EVENT_STORE_PARTS; i++)
        event_store_each(s.store, i, keep_name, &names);
    EXPECT_STR(buf_text(&names), "web.115c1f500\nweb.115c1f501\n");
    buf_deinit(&names);
    end(&s);
}

TEST(pods_of_one_name_are_told_apart_by_their_namespace_and_uid)
{
    static const struct event_pod_name names[] = {{"a", "web", "1"}, {"b", "web", "1"}, {"a", "web", "2"}, {"a", "w", "1"}};
    struct story s;

    begin(&s, 1000);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        event_store_add(s.store, &(struct event){.pod = names[i], .type = "Normal", .reason = "R", .message = "m"});
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        event_store_add(s.store, &(struct event){.pod = names[i], .type = "Normal", .reason = "R", .message = "m"});
    EXPECT_CHANGES(&s, "+web Normal R: m x1 0-0\n+web Normal R: m x1 0-0\n+web Normal R: m x1 0-0\n+w Normal R: m x1 0-0\n"
                       "~web Normal R: m x2 0-0\n~web Normal R: m x2 0-0\n~web Normal R: m x2 0-0\n~w Normal R: m x2 0-0\n");
    end(&s);
}

/* ---- spec 8.3, counting ---- */

TEST(what_happens_again_is_counted_and_keeps_its_first_time_and_name)
{
    struct story s;

    begin(&s, 1000);
    for (; s.now <= 40 * SECOND; s.now += 20 * SECOND)
        happens(&s, "web", "app", "Warning", "BackOff", "m");
    EXPECT_CHANGES(&s, "+web spec.containers{app} Warning BackOff: m x1 0-0\n"
                       "~web spec.containers{app} Warning BackOff: m x2 0-20\n"
                       "~web spec.containers{app} Warning BackOff: m x3 0-40\n");
    happens(&s, "web", "b", "Warning", "BackOff", "m");         /* each of these is another */
    happens(&s, "web", "app", "Normal", "BackOff", "m");
    happens(&s, "web", "app", "Warning", "Failed", "m");
    happens(&s, "web", "app", "Warning", "BackOff", "n");
    EXPECT_CHANGES(&s, "+web spec.containers{b} Warning BackOff: m x1 60-60\n"
                       "+web spec.containers{app} Normal BackOff: m x1 60-60\n"
                       "+web spec.containers{app} Warning Failed: m x1 60-60\n"
                       "+web spec.containers{app} Warning BackOff: n x1 60-60\n");
    end(&s);
}

/* ---- spec 8.3, the spam filter ---- */

/* The worked example: every 12 s. */
TEST(of_a_flood_25_are_written_and_then_one_every_5_minutes_with_the_whole_count)
{
    struct story s;
    unsigned written = 0;

    begin(&s, 1000);
    for (; s.now <= 288 * SECOND; s.now += 12 * SECOND)
        written += happens(&s, "web", "app", "Warning", "BackOff", "m");
    EXPECT_INT(written, 25);
    EXPECT_STR(shown(&s), "web spec.containers{app} Warning BackOff: m x25 0-288\n");
    buf_clear(&s.changes);
    for (; s.now <= 900 * SECOND; s.now += 12 * SECOND)
        happens(&s, "web", "app", "Warning", "BackOff", "m");
    EXPECT_CHANGES(&s, "~web spec.containers{app} Warning BackOff: m x26 0-300\n"
                       "~web spec.containers{app} Warning BackOff: m x51 0-600\n"
                       "~web spec.containers{app} Warning BackOff: m x76 0-900\n");
    end(&s);
}

TEST(normal_and_warning_events_have_a_bucket_each_which_all_containers_share)
{
    struct story s;
    unsigned written = 0;

    begin(&s, 1000);
    for (int i = 0; i < 30; i++)
        written += happens(&s, "web", i % 2 == 0 ? "a" : "b", "Warning", "BackOff", "m");
    EXPECT_INT(written, 25);
    EXPECT(!happens(&s, "web", "c", "Warning", "Failed", "other"));
    EXPECT(happens(&s, "web", "c", "Normal", "Created", "m"));
    EXPECT(happens(&s, "other", "c", "Warning", "BackOff", "m"));
    /* What was held back from the first comes with all that was counted. */
    buf_clear(&s.changes);
    s.now = 300 * SECOND;
    EXPECT(happens(&s, "web", "c", "Warning", "Failed", "other"));
    EXPECT_CHANGES(&s, "+web spec.containers{c} Warning Failed: other x2 0-300\n");
    end(&s);
}

TEST(a_bucket_is_never_more_than_full)
{
    struct event_bucket b;
    unsigned taken = 0;

    event_bucket_init(&b, 0);
    while (event_bucket_take(&b, 86400 * SECOND))
        taken++;
    EXPECT_INT(taken, 25);
    EXPECT(!event_bucket_take(&b, 86400 * SECOND + 300 * SECOND - 1));
    EXPECT(event_bucket_take(&b, 86400 * SECOND + 300 * SECOND));
}

/* ---- spec 8.3, aggregation ---- */

TEST(from_the_tenth_message_of_a_kind_on_events_are_combined_in_one_record)
{
    struct story s;
    char message[16];

    begin(&s, 1000);
    for (int i = 1; i <= 12; i++) {
        snprintf(message, sizeof message, "m%d", i);
        happens(&s, "web", i % 2 == 0 ? "a" : "b", "Warning", "Unhealthy", message);
    }
    EXPECT(strstr(buf_text(&s.changes), "+web spec.containers{b} Warning Unhealthy: m9 x1") != NULL);
    EXPECT_STR(strstr(buf_text(&s.changes), "(combined") - strlen("+web Warning Unhealthy: "),
               "+web Warning Unhealthy: (combined from similar events): m10 x1 0-0\n"
               "~web Warning Unhealthy: (combined from similar events): m11 x2 0-0\n"
               "~web Warning Unhealthy: (combined from similar events): m12 x3 0-0\n");
    buf_clear(&s.changes);
    happens(&s, "web", "b", "Warning", "Unhealthy", "m9");      /* one of the nine */
    happens(&s, "web", "b", "Warning", "Failed", "m13");        /* of another kind */
    EXPECT_CHANGES(&s, "~web spec.containers{b} Warning Unhealthy: m9 x2 0-0\n"
                       "+web spec.containers{b} Warning Failed: m13 x1 0-0\n");
    end(&s);
}

TEST(a_kind_is_forgotten_when_none_of_it_came_for_more_than_10_minutes)
{
    struct event_group g = {.last = 0};

    for (uint32_t i = 0; i < 9; i++)
        EXPECT(event_group_apart(&g, i, 0));
    EXPECT(!event_group_apart(&g, 9, 0));
    EXPECT(!event_group_apart(&g, 9, 600 * SECOND));            /* exactly so much is not too old */
    EXPECT(!event_group_apart(&g, 9, 1200 * SECOND));
    EXPECT(event_group_apart(&g, 9, 1800 * SECOND + 1));
    EXPECT(event_group_apart(&g, 0, 1800 * SECOND + 1));
}

/* ---- bounds ---- */

TEST(an_event_is_shown_for_an_hour_after_it_was_last_written)
{
    struct story s;

    begin(&s, 1000);
    EXPECT_INT(event_store_deadline(s.store), MONO_NEVER);
    happens(&s, "web", "a", "Normal", "Created", "m");
    s.now = 1800 * SECOND;
    happens(&s, "web", "a", "Normal", "Created", "m");
    happens(&s, "web", "b", "Normal", "Created", "m");
    buf_clear(&s.changes);
    EXPECT_INT(event_store_deadline(s.store), HOUR);
    event_store_expire(s.store, HOUR);
    EXPECT_CHANGES(&s, "");
    EXPECT_INT(event_store_deadline(s.store), HOUR + 1800 * SECOND);
    event_store_expire(s.store, HOUR + 1800 * SECOND - 1);
    EXPECT_CHANGES(&s, "");
    event_store_expire(s.store, HOUR + 1800 * SECOND);
    EXPECT_CHANGES(&s, "-web spec.containers{a} Normal Created: m x2 0-1800\n"
                       "-web spec.containers{b} Normal Created: m x1 1800-1800\n");
    EXPECT_STR(shown(&s), "");
    EXPECT_INT(event_store_deadline(s.store), MONO_NEVER);
    end(&s);
}

/* client-go's count outlives the object in the API server. */
TEST(what_comes_again_after_it_was_too_old_goes_on_being_counted)
{
    struct story s;

    begin(&s, 1000);
    happens(&s, "web", "a", "Normal", "Created", "m");
    buf_clear(&s.changes);
    s.now = 2 * HOUR;
    happens(&s, "web", "a", "Normal", "Created", "m");
    EXPECT_CHANGES(&s, "-web spec.containers{a} Normal Created: m x1 0-0\n"
                       "+web spec.containers{a} Normal Created: m x2 0-7200\n");
    end(&s);
}

TEST(many_events_that_end_one_by_one_are_looked_at_once_a_minute)
{
    struct story s;
    char pod[16];

    begin(&s, 1000);
    for (; s.now < 60 * SECOND; s.now += SECOND) {
        snprintf(pod, sizeof pod, "p%d", (int)(s.now / SECOND));
        happens(&s, pod, "a", "Normal", "Created", "m");
    }
    event_store_expire(s.store, HOUR);
    EXPECT_INT(event_store_deadline(s.store), HOUR + 60 * SECOND);
    event_store_expire(s.store, HOUR + 60 * SECOND);
    EXPECT_STR(shown(&s), "");
    end(&s);
}

TEST(of_too_many_events_of_a_pod_the_oldest_goes)
{
    struct story s;

    begin(&s, 3);
    happens(&s, "web", "a", "Normal", "A", "m");
    s.now = 1 * SECOND;
    happens(&s, "web", "a", "Normal", "B", "m");
    s.now = 2 * SECOND;
    happens(&s, "web", "a", "Normal", "C", "m");
    happens(&s, "web", "a", "Normal", "A", "m");                /* not the oldest any more */
    s.now = 3 * SECOND;
    buf_clear(&s.changes);
    happens(&s, "web", "a", "Normal", "D", "m");
    EXPECT_CHANGES(&s, "-web spec.containers{a} Normal B: m x1 1-1\n"
                       "+web spec.containers{a} Normal D: m x1 3-3\n");
    end(&s);
}

TEST(a_record_that_nobody_sees_gives_way_before_one_that_is_shown)
{
    struct story s;

    begin(&s, 2);
    for (int i = 0; i < 25; i++)
        happens(&s, "web", "a", "Warning", "A", "m");
    s.now = 1 * SECOND;
    EXPECT(!happens(&s, "web", "a", "Warning", "Held", "back"));
    buf_clear(&s.changes);
    happens(&s, "web", "a", "Normal", "B", "m");
    EXPECT_CHANGES(&s, "+web spec.containers{a} Normal B: m x1 1-1\n");
    EXPECT_STR(shown(&s), "web spec.containers{a} Warning A: m x25 0-0\n"
                          "web spec.containers{a} Normal B: m x1 1-1\n");
    end(&s);
}

TEST(the_events_of_a_pod_that_is_gone_stay_until_they_are_too_old)
{
    const struct event_pod_name web = {"default", "web", "u1"}, other = {"default", "other", "u1"};
    struct story s;

    begin(&s, 1000);
    happens(&s, "web", "a", "Normal", "Created", "m");
    event_store_pod_gone(s.store, &web);
    event_store_pod_gone(s.store, &other);      /* of whom nothing is known */
    s.now = SECOND;
    happens(&s, "web", "a", "Normal", "Killing", "m");
    event_store_pod_gone(s.store, &web);
    event_store_expire(s.store, HOUR);
    EXPECT_STR(shown(&s), "web spec.containers{a} Normal Killing: m x1 1-1\n");
    event_store_expire(s.store, HOUR + 60 * SECOND);
    EXPECT_STR(shown(&s), "");
    s.now = 2 * HOUR;                           /* nothing of it was remembered */
    buf_clear(&s.changes);
    happens(&s, "web", "a", "Normal", "Created", "m");
    EXPECT_CHANGES(&s, "+web spec.containers{a} Normal Created: m x1 7200-7200\n");
    event_store_expire(s.store, 3 * HOUR);
    event_store_pod_gone(s.store, &web);        /* with nothing left to be shown */
    s.now = 4 * HOUR;
    buf_clear(&s.changes);
    happens(&s, "web", "a", "Normal", "Created", "m");
    EXPECT_CHANGES(&s, "+web spec.containers{a} Normal Created: m x1 14400-14400\n");
    end(&s);
}

TEST(pods_whose_hashes_meet_are_kept_apart)
{
    struct story s;
    char pod[16];

    begin(&s, 1000);
    for (int i = 0; i < 3000; i++) {
        snprintf(pod, sizeof pod, "p%d", i);
        EXPECT(happens(&s, pod, "a", "Normal", "Created", "m"));
    }
    buf_clear(&s.changes);
    happens(&s, "p7", "a", "Normal", "Created", "m");
    EXPECT_CHANGES(&s, "~p7 spec.containers{a} Normal Created: m x2 0-0\n");
    for (int i = 0; i < 3000; i++) {
        snprintf(pod, sizeof pod, "u%d", i);
        EXPECT(event_store_add(s.store, &(struct event){
            .pod = {.namespace = "default", .name = "web", .uid = pod}, .type = "Normal", .reason = "R",
            .message = "m"}));
    }
    for (int i = 0; i < 3000; i += 2) {
        snprintf(pod, sizeof pod, "p%d", i);
        event_store_pod_gone(s.store, &(struct event_pod_name){"default", pod, "u1"});
    }
    event_store_expire(s.store, HOUR);
    end(&s);
}

TEST(every_allocation_that_fails_loses_one_event_and_counts_it)
{
    struct event_limits limits = EVENT_LIMITS_DEFAULT;
    struct story s;
    char message[16];
    unsigned lost = 0;

    allocations_left = 0;
    EXPECT(event_store_new(&limits) == NULL);
    allocations_left = -1;
    begin(&s, 1000);
    for (int i = 0;; i++) {             /* a new pod with a new kind of Event takes all there is to take */
        snprintf(message, sizeof message, "p%d", i);
        allocations_left = i;
        if (happens(&s, message, "a", "Normal", "Created", "m"))
            break;
        lost++;
        allocations_left = -1;
        EXPECT_INT(event_store_lost(s.store), lost);
    }
    EXPECT_INT(lost, 4);
    allocations_left = -1;
    for (int i = 0; i < 10; i++) {
        snprintf(message, sizeof message, "m%d", i);
        happens(&s, "web", "a", "Warning", "Unhealthy", message);
    }
    allocations_left = 0;               /* the message of a combined record */
    EXPECT(!happens(&s, "web", "a", "Warning", "Unhealthy", "m10"));
    allocations_left = -1;
    EXPECT(strstr(shown(&s), "(combined from similar events): m9 x1") != NULL);
    event_store_listen(s.store, NULL, NULL);    /* nobody listens any more */
    EXPECT(happens(&s, "web", "a", "Warning", "Unhealthy", "m10"));
    end(&s);
    event_store_free(NULL);
}

TESTS(RUN(an_event_is_of_a_pod_or_of_a_container_of_it),
      RUN(the_name_of_an_event_is_the_pods_and_the_time_in_hex_and_never_the_same),
      RUN(pods_of_one_name_are_told_apart_by_their_namespace_and_uid),
      RUN(what_happens_again_is_counted_and_keeps_its_first_time_and_name),
      RUN(of_a_flood_25_are_written_and_then_one_every_5_minutes_with_the_whole_count),
      RUN(normal_and_warning_events_have_a_bucket_each_which_all_containers_share),
      RUN(a_bucket_is_never_more_than_full),
      RUN(from_the_tenth_message_of_a_kind_on_events_are_combined_in_one_record),
      RUN(a_kind_is_forgotten_when_none_of_it_came_for_more_than_10_minutes),
      RUN(an_event_is_shown_for_an_hour_after_it_was_last_written),
      RUN(what_comes_again_after_it_was_too_old_goes_on_being_counted),
      RUN(many_events_that_end_one_by_one_are_looked_at_once_a_minute),
      RUN(of_too_many_events_of_a_pod_the_oldest_goes),
      RUN(a_record_that_nobody_sees_gives_way_before_one_that_is_shown),
      RUN(the_events_of_a_pod_that_is_gone_stay_until_they_are_too_old),
      RUN(pods_whose_hashes_meet_are_kept_apart),
      RUN(every_allocation_that_fails_loses_one_event_and_counts_it))
