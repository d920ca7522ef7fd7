/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The page for those who look at a pool. */
#ifndef MPROC_VIEWER_H
#define MPROC_VIEWER_H

extern const char viewer__page[]; /* page.html */

#endif
