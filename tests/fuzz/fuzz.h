/*
 * What every target has: the entry point that libFuzzer calls, and a way to say
 * that something is not as it must be.
 */
#ifndef DMSFS_TESTS_FUZZ_FUZZ_H
#define DMSFS_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A finding, unlike assert(3) whatever NDEBUG says. */
#define FUZZ_CHECK(condition)                                                          \
	((condition) ? (void)0                                                         \
		     : (fprintf(stderr, "%s:%d: %s: not so: %s\n", __FILE__, __LINE__, \
				__func__, #condition),                                 \
			abort()))

#endif
