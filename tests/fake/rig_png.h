/* SPDX-License-Identifier: MIT */
/* rig_png.h - an image that passes the check */
#ifndef RIG_PNG_H
#define RIG_PNG_H

/* A PNG of 300 x 300 pixels. */
enum { RIG_PNG_SIZE = 91 };
extern const unsigned char RIG_PNG[RIG_PNG_SIZE];

#endif
