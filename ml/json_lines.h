/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON lines as the text of a CSV file: the keys of the first object are its header. */
#ifndef ML_JSON_LINES_H
#define ML_JSON_LINES_H

#include <ml/input_internal.h>

/* Make text with the delimiter CSV_UNIT: a line for the keys, and then one for each line.
 *
 * @param input     taken, also on failure
 * @param head      n bytes that were read from it already; copied
 * @param at_end    there are no more
 * @param name      for messages; borrowed
 * @param[out] out  not written on failure */
ml_status json_lines__open(ml_input *input, const char *head, size_t n, bool at_end,
                           const char *name, ml_input **out, ml_error *err);

#endif
