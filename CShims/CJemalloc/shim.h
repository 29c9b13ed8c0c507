// jemalloc as the process's allocator and its meter (`mallctl`). Linking it is enough: malloc,
// free, calloc and posix_memalign of every library, Swift's own included, bind to it.
#pragma once
#include <jemalloc/jemalloc.h>
