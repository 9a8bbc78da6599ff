/* SPDX-License-Identifier: MIT */
/* proof.h - what the proofs share; CBMC reads them, no compiler does */
#ifndef PROOF_H
#define PROOF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A local variable without an initial value is any value. */
#define ASSUME(condition) __CPROVER_assume(condition)
#define PROVE(condition)  __CPROVER_assert(condition, #condition)

/* The lengths of images: a file's has 63 bits, and CBMC's objects fewer. */
#define IMAGE_MAX  ((uint64_t)INT64_MAX)
#define MEMORY_MAX ((uint64_t)1 << 48)

#endif
