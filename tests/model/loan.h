/* SPDX-License-Identifier: MIT */
/* loan.h - the requests of random programs, and what they lend to the client */
#ifndef MODEL_LOAN_H
#define MODEL_LOAN_H

#include "model.h"

/* What one request needs, in a block that its release() frees. */
typedef struct loan {
    unsigned job;
    klingrec_reader reader;
    size_t len;
    char data[2 * SERVICE_IMAGE_MAX];
} loan;

/* For each program: files are written into a folder of its own. */
void loan_begin(void);
void loan_remove_files(void);

/* A request of random numbers: where the image comes from, whether it is one, and so
   on. facts->by is set. If it is borrowed, release() ends the loan. */
loan *loan_request(unsigned job, uint32_t a, uint32_t b, klingrec_request *request,
                   model_job_facts *facts);
/* Overwrites what was lent, and frees it. */
void loan_end(loan *l);

#endif
