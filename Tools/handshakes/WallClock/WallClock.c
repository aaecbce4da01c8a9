#include "WallClock.h"

#include <stdatomic.h>
#include <time.h>

static _Atomic int64_t now;

void WallClock_set(int64_t seconds) { atomic_store(&now, seconds); }

// Takes the place of the C library's for the program and all that it is linked with.
time_t time(time_t *result) {
  time_t seconds = (time_t)atomic_load(&now);
  if (result) *result = seconds;
  return seconds;
}
