/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A command line as a file: what its readers, JSON and YAML, make of it. */
#ifndef ML_CLI_CONFIG_H
#define ML_CLI_CONFIG_H

#include "cli.h"

enum { CONFIG_SCHEMA = 1 }; /* grows when a key changes its meaning */

typedef enum config_type {
  CONFIG_NULL,
  CONFIG_BOOL,
  CONFIG_NUMBER,
  CONFIG_STRING,
  CONFIG_LIST,
  CONFIG_OBJECT
} config_type;

typedef struct config_place {
  size_t line, column; /* from 1; columns are bytes */
} config_place;

typedef struct config_value config_value;
struct config_value {
  config_type type;
  config_place place;
  const char *text;    /* of a string; a number as it is written; "true" or "false" */
  config_value *items; /* n_items of a list; what is deeper is not kept */
  size_t n_items;
};

typedef struct config_entry {
  const char *key;
  config_place place;
  config_value value;
} config_entry;

/* Everything is in the arena. */
struct cli_config {
  const char *source;
  ml_arena *arena;
  config_entry *entries; /* in the order of the file; a key may be there twice */
  size_t n;
};

/** Read n bytes with a NUL behind them. @param source  for messages, borrowed @param[out] out  free
 * it with cli__config_free() also after an error */
ml_status config__parse(const char *text, size_t n, const char *source, bool is_yaml,
                        cli_config **out, ml_error *err);

/** Read the n bytes of a file, with a NUL behind them. */
ml_status config__read_json(cli_config *config, const char *text, size_t n, ml_error *err);
ml_status config__read_yaml(cli_config *config, const char *text, size_t n, ml_error *err);

/** One more entry. @return NULL: no memory */
config_entry *config__add(cli_config *config, const char *key, config_place place);

/** One more item of the list. @return NULL: no memory */
config_value *config__add_item(cli_config *config, config_value *list);

/** @return n bytes with a NUL behind them; NULL: no memory */
const char *config__copy(cli_config *config, const char *text, size_t n);

/** Is it UTF-8? */
ml_status config__is_text(const char *text, bool *is_text, ml_error *err);

/** An error at a place of the file. @return ML_ERR_PARSE */
ml_status config__fail(const cli_config *config, config_place at, ml_error *err, const char *format,
                       ...) ML_PRINTF(4, 5);

/** The file is no mapping. @return ML_ERR_PARSE */
ml_status config__fail_root(const cli_config *config, config_place at, ml_error *err);

#endif
