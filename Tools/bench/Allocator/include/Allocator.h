#ifndef ALLOCATOR_H
#define ALLOCATOR_H
#include <stddef.h>

/// The bytes that are allocated right now, by the allocator's own account; 0 where it keeps none.
size_t allocated_bytes(void);

#endif
