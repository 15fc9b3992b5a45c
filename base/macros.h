#ifndef PIDLET_BASE_MACROS_H
#define PIDLET_BASE_MACROS_H

#include <stddef.h>

/* The struct that embeds `pointer` as its `member`. */
#define container_of(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))

#define array_count(array) (sizeof(array) / sizeof *(array))

#endif
