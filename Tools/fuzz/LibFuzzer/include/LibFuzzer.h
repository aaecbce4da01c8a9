#ifndef LIBFUZZER_H
#define LIBFUZZER_H
#include <stddef.h>
#include <stdint.h>

/// Runs the fuzzer with the arguments of a program's `main` (https://llvm.org/docs/LibFuzzer.html, "Using libFuzzer as a library").
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*callback)(const uint8_t *data, size_t size));

#endif
