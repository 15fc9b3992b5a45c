/*
 * A tcpSocket attempt: success as soon as the connection is there; nothing is sent.
 * Names are resolved beside the loop, never in it.
 */
#ifndef PIDLET_PROBES_TCP_H
#define PIDLET_PROBES_TCP_H

struct attempt;
struct attempt_request;

/* For attempt.c. */
void tcp_attempt_start(struct attempt *a, const struct attempt_request *request);
void tcp_attempt_timed_out(struct attempt *a);
void tcp_attempt_deinit(struct attempt *a);

#endif
