/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A command line from YAML, by libfyaml, where mltool was built with it. */
#include "config.h"

#ifdef ML_HAS_FYAML

#include <libfyaml.h>
#include <string.h>

typedef struct reader {
  cli_config *config;
  struct fy_parser *parser;
  struct fy_diag *diag;
  char said[128]; /* the first mistake that has no place */
  ml_error *err;
} reader;

/* What one event says, copied: the event is gone then. */
typedef struct event {
  enum fy_event_type type;
  config_place place;
  config_value scalar;
} event;

/* What the library would print. */
static void keep_said(struct fy_diag *diag, void *ctx, const char *text, size_t n) {
  reader *r = ctx;
  (void)diag;
  if (!r->said[0]) snprintf(r->said, sizeof r->said, "%.*s", (int)n, text);
  r->said[strcspn(r->said, "\n")] = 0;
}

/* The first mistake that the library has met. */
static ml_status fail_syntax(const reader *r) {
  void *at = NULL;
  const struct fy_diag_error *e = fy_diag_errors_iterate(r->diag, &at);
  if (r->said[0] && !e)
    return config__fail(r->config, (config_place){0}, r->err, "not YAML: %s", r->said);
  if (!e || !e->msg) return ml_error_memory(r->err);
  const config_place place = {e->line > 0 ? (size_t)e->line : 1,
                              e->column > 0 ? (size_t)e->column : 1};
  return config__fail(r->config, place, r->err, "not YAML: %.200s", e->msg);
}

/* ---- scalars --------------------------------------------------------------------------------- */

static bool is_one_of(const char *text, const char *const *words) {
  for (; *words; words++)
    if (strcmp(text, *words) == 0) return true;
  return false;
}

/* Digits with an optional point and exponent, .inf, .nan, 0x1F, 0o17: numbers of the core schema.
 */
static bool is_number(const char *text) {
  static const char *const named[] = {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN", NULL};
  const char *at = text + (*text == '-' || *text == '+');
  double value;
  if (is_one_of(at, named)) return true;
  if (at[0] == '0' && at[1] == 'x')
    return at[2] && !at[2 + strspn(at + 2, "0123456789abcdefABCDEF")];
  if (at[0] == '0' && at[1] == 'o') return at[2] && !at[2 + strspn(at + 2, "01234567")];
  const char *end = text + strlen(text);
  return strchr(".0123456789", *at) && *at && ml_number_parse(at, end, &value) == end;
}

/* What is not quoted means what YAML 1.2 takes it for: no, yes and on are texts. */
static config_type type_of(const char *text) {
  static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
  static const char *const yes[] = {"true", "True", "TRUE", NULL};
  static const char *const no[] = {"false", "False", "FALSE", NULL};
  if (is_one_of(text, nulls)) return CONFIG_NULL;
  if (is_one_of(text, yes) || is_one_of(text, no)) return CONFIG_BOOL;
  return is_number(text) ? CONFIG_NUMBER : CONFIG_STRING;
}

static ml_status take_scalar(const reader *r, struct fy_token *token, event *e) {
  size_t n = 0;
  const char *text = token ? fy_token_get_text(token, &n) : "";
  if (!text) return ml_error_memory(r->err);
  if (memchr(text, 0, n))
    return config__fail(r->config, e->place, r->err, "a NUL character in a text");
  const char *copy = config__copy(r->config, text, n);
  if (!copy) return ml_error_memory(r->err);
  const bool is_plain = !token || fy_token_scalar_style(token) == FYSS_PLAIN;
  e->scalar = (config_value){
      .type = is_plain ? type_of(copy) : CONFIG_STRING, .place = e->place, .text = copy};
  if (e->scalar.type == CONFIG_BOOL) e->scalar.text = strchr("tT", *copy) ? "true" : "false";
  if (e->scalar.type == CONFIG_NUMBER) e->scalar.text += *copy == '+';
  return ML_OK;
}

/* ---- events ---------------------------------------------------------------------------------- */

static const struct fy_token *tag_of(const struct fy_event *e) {
  return e->type == FYET_SCALAR           ? e->scalar.tag
         : e->type == FYET_SEQUENCE_START ? e->sequence_start.tag
         : e->type == FYET_MAPPING_START  ? e->mapping_start.tag
                                          : NULL;
}

static ml_status next(const reader *r, event *out) {
  struct fy_event *e = fy_parser_parse(r->parser);
  ml_status status = ML_OK;
  if (!e) return fail_syntax(r);
  const struct fy_mark *mark = fy_event_start_mark(e);
  *out = (event){.type = e->type};
  if (mark) out->place = (config_place){(size_t)mark->line + 1, (size_t)mark->column + 1};
  if (e->type == FYET_ALIAS)
    status = config__fail(r->config, out->place, r->err, "aliases are not taken: write the value");
  else if (tag_of(e))
    status = config__fail(r->config, out->place, r->err, "tags are not taken");
  else if (e->type == FYET_SCALAR)
    status = take_scalar(r, e->scalar.value, out);
  fy_parser_event_free(r->parser, e);
  return status;
}

static ml_status expect(const reader *r, enum fy_event_type type, event *e) {
  ml_status status = next(r, e);
  return status == ML_OK && e->type != type ? config__fail_root(r->config, e->place, r->err)
                                            : status;
}

/* The rest of a sequence or mapping. */
static ml_status skip(const reader *r) {
  ml_status status = ML_OK;
  event e;
  for (size_t depth = 1; depth > 0 && status == ML_OK;) {
    status = next(r, &e);
    depth += e.type == FYET_SEQUENCE_START || e.type == FYET_MAPPING_START;
    depth -= e.type == FYET_SEQUENCE_END || e.type == FYET_MAPPING_END;
  }
  return status;
}

/* What an event begins; the items of a list are still to come. */
static config_value value_of(const event *e) {
  if (e->type == FYET_SCALAR) return e->scalar;
  return (config_value){.type = e->type == FYET_SEQUENCE_START ? CONFIG_LIST : CONFIG_OBJECT,
                        .place = e->place};
}

static ml_status take_item(const reader *r, const event *e, config_value *list) {
  config_value *item = config__add_item(r->config, list);
  if (!item) return ml_error_memory(r->err);
  *item = value_of(e);
  return e->type == FYET_SCALAR ? ML_OK : skip(r);
}

static ml_status take_value(const reader *r, config_value *out) {
  event e;
  ml_status status = next(r, &e);
  if (status != ML_OK) return status;
  *out = value_of(&e);
  if (e.type == FYET_SCALAR) return ML_OK;
  if (e.type == FYET_MAPPING_START) return skip(r);
  while (status == ML_OK) {
    status = next(r, &e);
    if (status != ML_OK || e.type == FYET_SEQUENCE_END) break;
    status = take_item(r, &e, out);
  }
  return status;
}

static ml_status take_mapping(const reader *r) {
  ml_status status = ML_OK;
  while (status == ML_OK) {
    event e;
    status = next(r, &e);
    if (status != ML_OK || e.type == FYET_MAPPING_END) break;
    if (e.type != FYET_SCALAR)
      return config__fail(r->config, e.place, r->err, "expected the name of an option");
    config_entry *entry = config__add(r->config, e.scalar.text, e.place);
    status = entry ? take_value(r, &entry->value) : ml_error_memory(r->err);
    if (status == ML_OK && entry->value.place.line == 0) entry->value.place = e.place; /* nothing */
  }
  return status;
}

static ml_status read_stream(const reader *r) {
  event e;
  ml_status status = expect(r, FYET_STREAM_START, &e);
  if (status == ML_OK) status = expect(r, FYET_DOCUMENT_START, &e);
  if (status == ML_OK) status = expect(r, FYET_MAPPING_START, &e);
  if (status == ML_OK) status = take_mapping(r);
  if (status == ML_OK) status = next(r, &e); /* the end of the document */
  if (status == ML_OK) status = next(r, &e);
  if (status == ML_OK && e.type != FYET_STREAM_END)
    status = config__fail(r->config, e.place, r->err, "more than one document");
  return status;
}

/* The library goes round for ever at some bytes that are no text. */
static ml_status check_text(const cli_config *config, const char *text, size_t n, ml_error *err) {
  bool is_text = false;
  ml_status status = ML_OK;
  if (strlen(text) == n) status = config__is_text(text, &is_text, err);
  if (status == ML_OK && !is_text)
    status = config__fail(config, (config_place){0}, err, "not YAML: it is no text in UTF-8");
  return status;
}

ml_status config__read_yaml(cli_config *config, const char *text, size_t n, ml_error *err) {
  ml_status status = check_text(config, text, n, err);
  if (status != ML_OK) return status;
  reader r = {.config = config, .err = err};
  struct fy_diag_cfg told;
  fy_diag_cfg_default(&told);
  told.fp = NULL;
  told.output_fn = keep_said;
  told.user = &r;
  told.show_type = told.show_position = false;
  r.diag = fy_diag_create(&told);
  if (!r.diag) return ml_error_memory(err);
  fy_diag_set_collect_errors(r.diag, true);
  const struct fy_parse_cfg opts = {.flags = FYPCF_QUIET, .diag = r.diag};
  r.parser = fy_parser_create(&opts);
  status = r.parser && fy_parser_set_string(r.parser, text, n) == 0 ? read_stream(&r)
                                                                    : ml_error_memory(err);
  if (r.parser) fy_parser_destroy(r.parser);
  fy_diag_destroy(r.diag);
  return status;
}

#else

ml_status config__read_yaml(cli_config *config, const char *text, size_t n, ml_error *err) {
  (void)text, (void)n;
  return ml_error_at(err, ML_ERR_USAGE, config->source, 0, 0,
                     "this mltool reads no YAML: it was built without libfyaml; the same keys are "
                     "read from JSON");
}

#endif
