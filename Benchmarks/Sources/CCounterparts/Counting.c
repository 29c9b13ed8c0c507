#include "CCounterparts.h"

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>

void causeway_count_toggle(void) { CALLGRIND_TOGGLE_COLLECT; }
void causeway_count_dump(const char *name) { CALLGRIND_DUMP_STATS_AT(name); }
int32_t causeway_count_is_on(void) { return RUNNING_ON_VALGRIND ? 1 : 0; }
#else
void causeway_count_toggle(void) {}
void causeway_count_dump(const char *name) { (void)name; }
int32_t causeway_count_is_on(void) { return 0; }
#endif
