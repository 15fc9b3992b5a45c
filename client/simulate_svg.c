#include "client/simulate_svg.h"

#include "base/duration.h"
#include "client/simulate_text.h"
#include "config/load.h"
#include "client/tally.h"

#include <stdio.h>
#include <string.h>

/* In pixels; the picture scales. */
enum {
    WIDTH = 1200, LEFT = 150, RIGHT = 1160, TOP = 76,
    TITLE = 40, LANE = 46, BAR = 22, AXIS = 44, LABEL_ROOM = 7,
};

/* Sizes of texts, bold ones counted as the wider ones that they are; and the room for names. */
enum { TEXT = 13, BOLD = 18, ROOM_OF_LANE = LEFT - 20, ROOM_OF_POD = 620, ROOM_IN_LINE = 150 };

static const char head[] =
    "<defs><pattern id=\"wait\" width=\"7\" height=\"7\" patternTransform=\"rotate(45)\" "
    "patternUnits=\"userSpaceOnUse\"><rect class=\"wait\" width=\"7\" height=\"7\"/>"
    "<line class=\"stripe\" x1=\"0\" y1=\"0\" x2=\"0\" y2=\"7\"/></pattern></defs>\n"
    "<style>\n"
    "svg{--paper:#fff;--ink:#1f2328;--dim:#59636e;--grid:#d1d9e0;--ready:#2da44e;--unready:#d4a72c;"
    "--wait:#ffe3e0;--stripe:#f0988f;--exit:#b3261e;--probe:#8250df;--label:#82071e}\n"
    "@media (prefers-color-scheme:dark){svg{--paper:#0d1117;--ink:#e6edf3;--dim:#9198a1;--grid:#30363d;"
    "--ready:#2ea043;--unready:#bb8009;--wait:#3d1512;--stripe:#8e3a33;--exit:#ff7b72;--probe:#bc8cff;"
    "--label:#ffc1ba}}\n"
    "text{font:13px system-ui,sans-serif;fill:var(--ink)}\n"
    ".paper{fill:var(--paper)}.title{font-size:16px;font-weight:600}.big{font-size:19px;font-weight:600}\n"
    ".dim{fill:var(--dim)}.grid{stroke:var(--grid)}.ready{fill:var(--ready)}.unready{fill:var(--unready)}\n"
    ".wait{fill:var(--wait)}.stripe{stroke:var(--stripe);stroke-width:3}.exit{stroke:var(--exit);stroke-width:2}\n"
    ".probe{fill:var(--probe)}.label{font-size:12px;font-weight:600;fill:var(--label);paint-order:stroke;"
    "stroke:var(--wait);stroke-width:4px}\n"
    "</style>\n";

static void add_escaped(struct buf *out, const char *text, size_t length)
{
    for (const char *end = text + length; text < end; text++) {
        switch (*text) {
        case '<':
            buf_adds(out, "&lt;");
            break;
        case '&':
            buf_adds(out, "&amp;");
            break;
        case '"':
            buf_adds(out, "&quot;");
            break;
        default:
            buf_addc(out, *text);
        }
    }
}

/* How wide a letter of a name is at most, in thousandths of the text's size, in the fonts browsers take. */
static int width_of(char c)
{
    return strchr("mwMW", c) != NULL ? 980 : strchr("ijlt.-", c) != NULL ? 420 : 650;
}

/* As much of a name as has room; the whole of it shows when it is pointed at. */
static void add_name(struct buf *out, const char *name, int room, int size)
{
    int width = size * 1000;            /* of the ellipsis */
    size_t fits = 0;

    while (name[fits] != '\0' && (width += size * width_of(name[fits])) <= room * 1000)
        fits++;
    add_escaped(out, name, fits);
    if (name[fits] == '\0')
        return;
    buf_adds(out, "…<title>");
    add_escaped(out, name, strlen(name));
    buf_adds(out, "</title>");
}

/* ---- a lane ---- */

struct lane {
    struct buf *out;
    const struct tally *t;
    unsigned container;
    int y;                      /* of the bar's upper edge */
};

static double x_of(const struct lane *l, mono_ms at)
{
    mono_ms length = l->t->length > 0 ? l->t->length : 1;

    return LEFT + (double)(RIGHT - LEFT) * (double)(at < length ? at : length) / (double)length;
}

/* Thinner than a quarter of a pixel is not seen, and a day of crashes has many of these. */
static bool too_thin(double from, double to)
{
    return to - from < 0.25;
}

static void add_bar(const struct lane *l, const char *class, mono_ms from, mono_ms to, const char *title)
{
    double x = x_of(l, from), end = x_of(l, to);

    if (too_thin(x, end))
        return;
    buf_addf(l->out, "<rect class=\"%s\" x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\"><title>", class, x,
             l->y, end - x, BAR);
    add_escaped(l->out, title, strlen(title));
    buf_adds(l->out, "</title></rect>\n");
}

static void add_wait(const struct lane *l, const struct tally_run *run)
{
    mono_ms until = mono_add(run->ended, run->delay);
    double x = x_of(l, run->ended), end = x_of(l, until);
    char delay[DURATION_SIZE], title[DURATION_SIZE + 40];

    if (too_thin(x, end))
        return;
    duration_format(run->delay, delay);
    snprintf(title, sizeof title, "restart %u waits %s", run->restart + 1, delay);
    buf_addf(l->out, "<rect fill=\"url(#wait)\" x=\"%.2f\" y=\"%d\" width=\"%.2f\" height=\"%d\"><title>%s"
             "</title></rect>\n", x, l->y, end - x, BAR, title);
    if (end - x > LABEL_ROOM * (double)strlen(delay) + 8)
        buf_addf(l->out, "<text class=\"label\" x=\"%.2f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
                 (x + end) / 2, l->y + BAR - 7, delay);
}

static void add_run(const struct lane *l, const struct tally_run *run)
{
    struct buf title = BUF_INIT;

    buf_addf(&title, "run %u", run->restart + 1);
    if (run->ended != MONO_NEVER) {
        buf_adds(&title, ": ");
        simulate_end(run, &title);
    }
    add_bar(l, "unready", run->started, mono_min(run->ended, l->t->length), buf_text(&title));
    buf_deinit(&title);
}

/* Marks that would stand on the one before are left out. */
static void add_exits(const struct lane *l)
{
    double last = -1;

    for (size_t i = 0; i < l->t->run_count; i++) {
        const struct tally_run *run = &l->t->runs[i];
        double x;

        if (run->container != l->container || run->ended == MONO_NEVER)
            continue;
        x = x_of(l, run->ended);
        if (too_thin(last, x))
            continue;
        buf_addf(l->out, "<line class=\"exit\" x1=\"%.2f\" y1=\"%d\" x2=\"%.2f\" y2=\"%d\"/>\n", x, l->y - 4, x,
                 l->y + BAR + 4);
        last = x;
    }
}

static void add_marks(const struct lane *l)
{
    mono_ms ready = MONO_NEVER;
    double last = -1;

    for (size_t i = 0; i < l->t->mark_count; i++) {
        const struct tally_mark *m = &l->t->marks[i];

        if (m->container != l->container)
            continue;
        if (m->kind == TALLY_READY) {
            ready = m->at;
        } else if (m->kind == TALLY_NOT_READY) {
            add_bar(l, "ready", ready, m->at, "serving");
        } else if (!too_thin(last, x_of(l, m->at))) {
            last = x_of(l, m->at);
            buf_addf(l->out, "<circle class=\"probe\" cx=\"%.2f\" cy=\"%d\" r=\"2.5\"/>\n", last,
                     l->y + BAR + 8);
        }
    }
}

static void add_lane(const struct lane *l)
{
    buf_addf(l->out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", LEFT - 12, l->y + BAR - 7);
    add_name(l->out, l->t->config->containers[l->container]->name, ROOM_OF_LANE, TEXT);
    buf_adds(l->out, "</text>\n");
    for (size_t i = 0; i < l->t->run_count; i++) {
        if (l->t->runs[i].container == l->container)
            add_run(l, &l->t->runs[i]);
    }
    add_marks(l);
    for (size_t i = 0; i < l->t->run_count; i++) {
        if (l->t->runs[i].container == l->container && l->t->runs[i].restarts)
            add_wait(l, &l->t->runs[i]);
    }
    add_exits(l);
}

/* ---- a pod ---- */

/* The finest of these with which no more than ten ticks stand in the picture. */
static mono_ms tick_of(mono_ms length)
{
    static const int64_t seconds[] = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200,
                                      10800, 21600, 43200, 86400};
    mono_ms tick;

    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        if (length / (seconds[i] * MONO_SECOND) <= 10)
            return seconds[i] * MONO_SECOND;
    }
    for (tick = 86400 * MONO_SECOND; length / tick > 10;)
        tick *= 2;
    return tick;
}

static void add_axis(const struct lane *l, int top)
{
    mono_ms tick = tick_of(l->t->length);
    char text[DURATION_SIZE];

    for (mono_ms at = 0; at <= l->t->length; at += tick) {
        double x = x_of(l, at);

        duration_format(at, text);
        buf_addf(l->out, "<line class=\"grid\" x1=\"%.2f\" y1=\"%d\" x2=\"%.2f\" y2=\"%d\"/>\n", x, top, x, l->y);
        buf_addf(l->out, "<text class=\"dim\" x=\"%.2f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n", x,
                 l->y + 17, text);
    }
}

static void add_title(struct buf *out, const struct tally *t, int container, int y)
{
    struct tally_sum sum;
    char wait[DURATION_SIZE];

    buf_addf(out, "<text class=\"title\" x=\"24\" y=\"%d\">", y);
    add_name(out, t->config->name, ROOM_OF_POD, BOLD);
    buf_adds(out, "</text>\n");
    if (container < 0)
        return;
    sum = tally_sum(t, (unsigned)container);
    duration_format(sum.longest_wait, wait);
    buf_addf(out, "<text class=\"dim\" x=\"%d\" y=\"%d\" text-anchor=\"end\">", RIGHT, y);
    add_name(out, t->config->containers[container]->name, ROOM_IN_LINE, TEXT);
    buf_addf(out, ": %u restart%s, longest wait %s, availability ", sum.restarts,
             sum.restarts == 1 ? "" : "s", wait);
    simulate_percent(sum.serving, sum.length, out);
    buf_adds(out, "</text>\n");
}

void simulate_svg_pod(struct simulate_svg *svg, const struct tally *t, int container)
{
    int top = svg->height + TITLE;
    struct lane lane = {.out = &svg->body, .t = t, .y = top + (int)t->config->count * LANE};

    add_title(&svg->body, t, container, svg->height + 22);
    add_axis(&lane, top - 4);
    for (unsigned i = 0; i < t->config->count; i++) {
        lane.container = i;
        lane.y = top + (int)i * LANE + (LANE - BAR) / 2;
        add_lane(&lane);
    }
    svg->height = top + (int)t->config->count * LANE + AXIS;
}

/* ---- the picture ---- */

void simulate_svg_init(struct simulate_svg *svg)
{
    *svg = (struct simulate_svg){.height = TOP};
}

void simulate_svg_deinit(struct simulate_svg *svg)
{
    buf_deinit(&svg->body);
}

static void add_legend(struct buf *out)
{
    static const struct {
        const char *shape;
        const char *text;
        int width;
    } entries[] = {
        {"<rect class=\"ready\" width=\"22\" height=\"12\"/>", "serving", 100},
        {"<rect class=\"unready\" width=\"22\" height=\"12\"/>", "running, not ready", 172},
        {"<rect fill=\"url(#wait)\" width=\"22\" height=\"12\"/>", "waiting in CrashLoopBackOff", 230},
        {"<line class=\"exit\" x1=\"11\" y1=\"-2\" x2=\"11\" y2=\"14\"/>", "end of a run", 124},
        {"<circle class=\"probe\" cx=\"11\" cy=\"6\" r=\"2.5\"/>", "failed probe", 118},
    };
    int x = 24;

    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        buf_addf(out, "<g transform=\"translate(%d,46)\">%s<text class=\"dim\" x=\"29\" y=\"11\">%s</text></g>\n",
                 x, entries[i].shape, entries[i].text);
        x += entries[i].width;
    }
}

void simulate_svg_write(const struct simulate_svg *svg, struct buf *out)
{
    buf_addf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
             "role=\"img\" aria-label=\"Runs and waits of pods over time\">\n", WIDTH, svg->height, WIDTH,
             svg->height);
    buf_adds(out, head);
    buf_addf(out, "<rect class=\"paper\" width=\"%d\" height=\"%d\"/>\n", WIDTH, svg->height);
    buf_adds(out, "<text class=\"big\" x=\"24\" y=\"30\">pidlet simulate</text>\n");
    add_legend(out);
    buf_add_buf(out, &svg->body);
    buf_adds(out, "</svg>\n");
}
