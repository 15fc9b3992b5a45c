/*
 * What the daemon says of itself: one line on stderr, "pidlet: WHAT: WHY key=value …".
 *
 * Lower ranks return errors; only the place that knows pod and container logs,
 * and once.  The pure ranks never log.
 */
#ifndef PIDLET_BASE_LOG_H
#define PIDLET_BASE_LOG_H

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Lines above the level are dropped; LOG_LEVEL_INFO at the start. */
void log_set_level(enum log_level level);

/* Where lines go in place of stderr; NULL: stderr again.  `line` has no newline. */
typedef void log_sink_fn(enum log_level level, const char *line, void *arg);
void log_set_sink(log_sink_fn *sink, void *arg);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
