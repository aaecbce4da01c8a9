#include "Allocator.h"

#ifdef __linux__
#include <malloc.h>
#include <features.h>

size_t allocated_bytes(void) {
  struct mallinfo2 account = mallinfo2();
  return account.uordblks + account.hblkhd;
}
#else
size_t allocated_bytes(void) { return 0; }
#endif
