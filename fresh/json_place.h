/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where in a JSON text something stands; looked for only when a message needs it. */
#ifndef FRESH_JSON_PLACE_H
#define FRESH_JSON_PLACE_H

#include <ml/base.h>

/* One step into a document. */
typedef struct fresh_step {
  const char *key; /* of an object; NULL: index of a list */
  size_t index;
} fresh_step;

/**
 * Follow steps from the root of a text that is known to be JSON.
 *
 * @param of_key        the place of the last key instead of its value
 * @param[out] line, column  1-based, column in bytes; not written when there is no such place
 */
void fresh__json_place(const char *text, size_t n, const fresh_step *steps, size_t n_steps,
                       bool of_key, size_t *line, size_t *column);

#endif
