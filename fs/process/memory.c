#include "fs/process/memory.h"

#ifdef HAVE_MALLOC_TRIM
#include <malloc.h>

/* glibc would raise this by itself, to the largest that was ever freed, and then leave
 * holes as large in its heap. */
#define LARGE_BYTES (256 * 1024)
/* Each page of a listing needs some 100 KiB for the time that it is read. */
#define KEPT_BYTES (4 * 1024 * 1024)

void memory_start(void)
{
	mallopt(M_MMAP_THRESHOLD, LARGE_BYTES);
	mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
}

void memory_give_back(void)
{
	malloc_trim(0);
}
#else
void memory_start(void)
{
}

void memory_give_back(void)
{
}
#endif
