/*
 * A fuzz target, as libFuzzer (and tests/fuzz/replay.c) calls it.
 */
#ifndef PIDLET_TESTS_FUZZ_H
#define PIDLET_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
