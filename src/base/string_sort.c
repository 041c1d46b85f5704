/*
 * A most-significant-first sort: keys are ordered by a window of eight bytes held
 * in the key itself, so that a comparison touches no string; only those that have
 * one window in common are looked at again, eight bytes further on. What all keys
 * of a range share is stepped over at once. Each byte of a string is loaded once,
 * so that no input makes it more than linear in the bytes beside the comparisons. To
 * go one call deeper takes another string, eight bytes longer than the last: a
 * gigabyte of them is worth 16,000 calls.
 */
#include "src/base/string_sort.h"

#include <stdlib.h>
#include <string.h>

#define WINDOW_BYTES 8

static uint64_t load_window(const char *text)
{
	uint64_t window = 0;
	int shift;

	for (shift = 8 * (WINDOW_BYTES - 1); shift >= 0 && *text != '\0'; shift -= 8)
		window |= (uint64_t)(unsigned char)*text++ << shift;
	return window;
}

/* A last byte of zero: the string ends in this window. */
static bool is_last_window(uint64_t window)
{
	return (window & 0xFF) == 0;
}

static size_t common_length(const struct string_key *keys, size_t count, size_t depth)
{
	const char *first = keys[0].text + depth;
	size_t len = strlen(first);
	size_t i;

	for (i = 1; i < count; i++) {
		const char *text = keys[i].text + depth;

		if (keys[i].text == keys[0].text || strncmp(first, text, len) == 0)
			continue;
		for (len = 0; first[len] == text[len]; len++)
			;
	}
	return len;
}

/* Returns whether the keys are in order already. */
static bool load_windows(struct string_key *keys, size_t count, size_t depth)
{
	bool is_sorted = true;
	size_t i;

	for (i = 0; i < count; i++) {
		keys[i].window = load_window(keys[i].text + depth);
		if (i > 0 && keys[i].window < keys[i - 1].window)
			is_sorted = false;
	}
	return is_sorted;
}

static int compare_windows(const void *a, const void *b)
{
	uint64_t left = ((const struct string_key *)a)->window;
	uint64_t right = ((const struct string_key *)b)->window;

	return (left > right) - (left < right);
}

static size_t window_run_end(const struct string_key *keys, size_t count, size_t first)
{
	size_t end = first + 1;

	while (end < count && keys[end].window == keys[first].window)
		end++;
	return end;
}

static void mark_repeats(struct string_key *keys, size_t count)
{
	size_t i;

	for (i = 1; i < count; i++)
		keys[i].is_repeat = true;
}

/* All keys are equal in their first @depth bytes. */
static void sort_from(struct string_key *keys, size_t count, size_t depth)
{
	size_t first, end;

	depth += common_length(keys, count, depth);
	if (!load_windows(keys, count, depth))
		qsort(keys, count, sizeof(*keys), compare_windows);
	for (first = 0; first < count; first = end) {
		end = window_run_end(keys, count, first);
		if (is_last_window(keys[first].window))
			mark_repeats(keys + first, end - first);
		else if (end - first > 1)
			sort_from(keys + first, end - first, depth + WINDOW_BYTES);
	}
}

void string_sort(struct string_key *keys, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		keys[i].is_repeat = false;
	if (count > 1)
		sort_from(keys, count, 0);
}

size_t string_run_end(const struct string_key *keys, size_t count, size_t first)
{
	size_t end = first + 1;

	while (end < count && keys[end].is_repeat)
		end++;
	return end;
}
