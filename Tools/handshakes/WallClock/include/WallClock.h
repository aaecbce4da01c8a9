#ifndef WALL_CLOCK_H
#define WALL_CLOCK_H

#include <stdint.h>

// Sets the seconds since 1970 that time(3) tells everybody in this program: BoringSSL has no other way to verify at a
// given time.
void WallClock_set(int64_t seconds);

#endif
