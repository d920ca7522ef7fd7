/* SPDX-License-Identifier: GPL-3.0-or-later */
/* mltool peach: a function for each argument, in parallel. */
#include "peach.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPTION(field) offsetof(peach_options, field)

static const cli_opt init_opts[] = {
    {0, "load", CLI_LIST, OPTION(init), "MODULE",
     .help = "load a module on each worker: ./multip.so (C), multip.py or py:package.module "
             "(Python), or one that is built in (fresh, xval)"},
    {0, "init", CLI_LIST, OPTION(init), "FUNC[=JSON]",
     .help = "call a loaded function once on each worker, with this argument or null"},
    {0, "pickle", CLI_LIST, OPTION(init), "FILE",
     .help = "load a pickled Python callable, which is then called by the name of the file"},
    {0}};

static const cli_opt call_opts[] = {
    {0, "args", CLI_TEXT, OPTION(args), "FILE",
     .help = "take the arguments from FILE, one JSON value a line, in place of ARG...; - is "
             "standard input"},
    {0, "on-error", CLI_CHOICE, OPTION(on_error), "WHAT", .choices = "stop|continue",
     .fallback = "stop",
     .help = "when an item fails: stop there, or continue with an error record in its place"},
    {0, "seed", CLI_INT, OPTION(seed), "N", .lo = 0, .hi = 9007199254740992.0, .fallback = "0",
     .help = "for functions that draw random numbers"},
    {0, "joblog", CLI_TEXT, OPTION(joblog), "FILE",
     .help = "write a line to FILE for each item that is over: a table separated by tabs"},
    {0, "resume", CLI_TEXT, OPTION(resume), "FILE",
     .help = "take the results of items that the job log FILE has as done from there, and go on "
             "writing to it; it is made if it is not there"},
    {0, "list", CLI_FLAG, OPTION(list), .help = "list the functions that are loaded"},
    {0}};

static const cli_opt output_opts[] = {
    {'o', "output", CLI_TEXT, OPTION(output), "FILE", .fallback = "-",
     .help = "write the results to FILE, compressed when it ends in .gz; - is standard output"},
    {0}};

/* What a run holds; released in one place. */
typedef struct peach {
  cli_call *cli;
  const peach_options *options;
  ml_init *init; /* the commands of --load, --init and --pickle */
  ml_buf *bytes; /* of the pickles, and names: n_init each */
  char **names;
  size_t n_init;
  ml_arena *arena;
  peach_args *args;
  ml_output *out;
  peach_log *log;
  ml_mproc *pool;
  ml_functions *functions; /* without a pool */
} peach;

/* ---- what the workers are to load ---------------------------------------------------------- */

static ml_status make_load(peach *p, size_t i, const char *value, ml_error *err) {
  (void)err;
  p->init[i] = (ml_init){.kind = ML_INIT_LOAD, .what = value};
  return ML_OK;
}

static ml_status make_call(peach *p, size_t i, const char *value, ml_error *err) {
  size_t n = strcspn(value, "=");
  ml_init *init = &p->init[i];
  *init = (ml_init){.kind = ML_INIT_CALL, .what = value};
  if (!value[n]) return ML_OK;
  p->names[i] = strndup(value, n);
  if (!p->names[i]) return ml_error_memory(err);
  init->what = p->names[i];
  ml_error why = {0};
  const char *json = value + n + 1;
  ml_status status = ml_value_from_json(json, strlen(json), NULL, p->arena, &init->arg, &why);
  if (status != ML_ERR_PARSE) return status == ML_OK ? ML_OK : ml_error_memory(err);
  return ml_error_set(err, ML_ERR_USAGE, "--init %s: column %zu: %s", value, why.column + n + 1,
                      why.message);
}

static ml_status read_bytes(const char *path, ml_buf *out, ml_error *err) {
  ml_input *input;
  size_t n = 1;
  ml_status status = ml_input_open(path, NULL, &input, err);
  if (status != ML_OK) return status;
  while (status == ML_OK && n > 0) {
    char *to = ml_buf_reserve(out, 1 << 16);
    status = to ? ml_input_read(input, to, 1 << 16, &n, err) : ml_error_memory(err);
    if (status == ML_OK) out->n += n;
  }
  ml_input_close(input);
  return status;
}

/* Its name is that of the file, without folder and ending. */
static ml_status make_pickle(peach *p, size_t i, const char *value, ml_error *err) {
  const char *slash = strrchr(value, '/'), *name = slash ? slash + 1 : value;
  const char *dot = strrchr(name, '.');
  size_t n = dot && dot > name ? (size_t)(dot - name) : strlen(name);
  p->names[i] = strndup(name, n);
  if (!p->names[i]) return ml_error_memory(err);
  ml_status status = read_bytes(value, &p->bytes[i], err);
  p->init[i] = (ml_init){.kind = ML_INIT_PICKLE,
                         .what = p->names[i],
                         .bytes = p->bytes[i].data,
                         .n_bytes = p->bytes[i].n};
  return status;
}

static ml_status make_init(peach *p, ml_error *err) {
  static ml_status (*const makers[])(peach *, size_t, const char *, ml_error *) = {
      make_load, make_call, make_pickle}; /* in the order of init_opts */
  const cli_list *list = &p->options->init;
  p->init = calloc(list->n + 1, sizeof *p->init);
  p->bytes = calloc(list->n + 1, sizeof *p->bytes);
  p->names = calloc(list->n + 1, sizeof *p->names);
  p->arena = ml_arena_new();
  if (!p->init || !p->bytes || !p->names || !p->arena) return ml_error_memory(err);
  p->n_init = list->n;
  ml_status status = ML_OK;
  for (size_t i = 0; i < list->n && status == ML_OK; i++)
    status = makers[list->items[i].opt - init_opts](p, i, list->items[i].value, err);
  return status;
}

/* Of a function that failed nothing but its own words is known. */
static ml_status name_init(const ml_init *init, ml_status status, ml_error *err) {
  if (status != ML_ERR_FUNCTION || init->kind != ML_INIT_CALL) return status;
  ml_error said = *err;
  return ml_error_set(err, status, "--init %s: %s", init->what, said.message);
}

/* One by one, to know which of them failed. */
static ml_status do_init(peach *p, ml_error *err) {
  ml_status status = ML_OK;
  for (size_t i = 0; i < p->n_init && status == ML_OK; i++) {
    const ml_init *init = &p->init[i];
    ml_buf *trace = &p->cli->details;
    status = p->pool ? ml_mproc_init(p->pool, init, 1, trace, err)
                     : ml_functions_init(p->functions, init, p->arena, NULL, trace, err);
    status = name_init(init, status, err);
  }
  return status;
}

static ml_status start(peach *p, const ml_watch *watch, ml_error *err) {
  const cli_workers *workers = &p->options->workers;
  ml_status status = ML_OK;
  if (workers->n.value == 0) {
    status = ml_functions_new(&p->functions, err);
  } else {
    status = cli__open_pool(p->cli, workers, watch, &p->pool, err);
  }
  if (status != ML_OK) return status;
  double after = cli__now();
  cli__note_port(p->cli, workers, p->pool);
  status = do_init(p, err);
  if (status == ML_OK) cli__detail(p->cli, "load and init: %.3f s", cli__now() - after);
  return status;
}

static const ml_functions *loaded(const peach *p) {
  return p->pool ? ml_exec_functions(ml_mproc_exec(p->pool)) : p->functions;
}

/* ---- checks before anything is started ----------------------------------------------------- */

static ml_status not_loaded(const peach *p, const char *function, ml_error *err) {
  return ml_error_set(err, ML_ERR_USAGE,
                      "peach: function '%s' is not loaded%s; load its module with --load", function,
                      p->options->workers.n.value > 0 ? " on the workers" : "");
}

/* Of --load and --pickle, which alone bring functions. */
static bool brings_functions(const peach *p) {
  for (size_t i = 0; i < p->n_init; i++)
    if (p->init[i].kind != ML_INIT_CALL) return true;
  return false;
}

static ml_status check_call(const peach *p, ml_error *err) {
  const peach_options *o = p->options;
  size_t n_args = p->cli->n_args;
  if (o->joblog && o->resume)
    return ml_error_set(err, ML_ERR_USAGE,
                        "--joblog and --resume exclude one another; --resume goes on writing to "
                        "its log");
  if (o->list && n_args > 0)
    return ml_error_set(err, ML_ERR_USAGE, "--list calls nothing, so it takes no '%s'",
                        p->cli->args[0]);
  if (o->list) return ML_OK;
  if (n_args == 0)
    return ml_error_set(err, ML_ERR_USAGE,
                        "no function: name one, as in 'mltool peach multip.func --load "
                        "./multip.so 1 2 3'");
  if (o->args && n_args > 1)
    return ml_error_set(err, ML_ERR_USAGE, "--args and arguments ('%s') exclude one another",
                        p->cli->args[1]);
  if (!o->args && n_args == 1)
    return ml_error_set(err, ML_ERR_USAGE,
                        "nothing to call '%s' with: give arguments, or a file of them with --args",
                        p->cli->args[0]);
  return brings_functions(p) ? ML_OK : not_loaded(p, p->cli->args[0], err);
}

static ml_status open_ends(peach *p, const ml_watch *watch, ml_error *err) {
  const peach_options *o = p->options;
  const cli_file files[] = {{o->args, "file of --args"},
                            {o->joblog ? o->joblog : o->resume, "job log"},
                            {o->output, "output"}};
  ml_status status = ML_OK;
  if (!o->list)
    status = peach__args_open(p->cli, o->args, p->cli->args + 1,
                              p->cli->n_args ? p->cli->n_args - 1 : 0, watch, &p->args, err);
  if (status == ML_OK) status = cli__check_output(&files[2], files, 2, err);
  if (status == ML_OK) status = ml_output_open(o->output, &p->out, err);
  return status;
}

/* ---- the run ------------------------------------------------------------------------------- */

/* Functions that run in this process may print; what they print is not a result. */
static void set_results_apart(void) {
  (void)dup2(STDERR_FILENO, STDOUT_FILENO); /* the output has a descriptor of its own */
}

static peach *guarded; /* whose functions run in this process: atexit() hands nothing on */

/* One that calls exit(0) must not make a success of the results that are missing. */
static void say_exit(void) {
  static const char words[] = "mltool: a function ended the process; -s N -p PORT runs it apart\n";
  if (!guarded) return;
  ml_output_abort(guarded->out);
  if (write(STDERR_FILENO, words, sizeof words - 1) < 0) _exit(ml_status_exit_code(ML_ERR_IO));
  _exit(ml_status_exit_code(ML_ERR_FUNCTION));
}

static bool is_hasty(const char *output) {
  struct stat st;
  bool is_there = (cli__is_stdio(output) ? fstat(STDOUT_FILENO, &st) : stat(output, &st)) == 0;
  return is_there && !S_ISREG(st.st_mode);
}

static ml_status find_function(const peach *p, const char **full, ml_error *err) {
  const char *name = p->cli->args[0];
  const ml_function *function;
  ml_error why = {0};
  const ml_functions *functions = loaded(p);
  ml_status status = ml_functions_find(functions, name, &function, full, &why);
  if (status == ML_OK) return ML_OK;
  if (ml_functions_n(functions) == 0) return not_loaded(p, name, err);
  return ml_error_set(err, status, "peach: %s", why.message);
}

static ml_status list(peach *p, ml_error *err) {
  const ml_functions *functions = loaded(p);
  size_t n = ml_functions_n(functions), width = 0;
  ml_buf text = {0};
  bool is_json = p->cli->common.json, is_first = true;
  const char *name;
  for (size_t i = 0; i < n; i++) {
    (void)ml_functions_at(functions, i, &name);
    if (strlen(name) > width && !ml_function_is_internal(name)) width = strlen(name);
  }
  if (is_json) ml_buf_puts(&text, "{\"functions\": [");
  for (size_t i = 0; i < n; i++) {
    const ml_function *function = ml_functions_at(functions, i, &name);
    const char *doc = function->doc ? function->doc : "";
    if (ml_function_is_internal(name)) continue;
    if (is_json) {
      ml_buf_puts(&text, !is_first ? ", {\"name\": " : "{\"name\": ");
      ml_buf_json_string(&text, name);
      ml_buf_puts(&text, ", \"doc\": ");
      ml_buf_json_string(&text, doc);
      ml_buf_puts(&text, "}");
    } else {
      ml_buf_printf(&text, *doc ? "%-*s  %s\n" : "%-*s\n", *doc ? (int)width : 0, name, doc);
    }
    is_first = false;
  }
  if (is_json) ml_buf_puts(&text, "]}\n");
  ml_status status = text.failed ? ml_error_memory(err) : ML_OK;
  if (status == ML_OK) status = ml_output_write(p->out, text.data, text.n, err);
  ml_buf_release(&text);
  return status;
}

static ml_status call(peach *p, bool hasty, ml_error *err) {
  const peach_options *o = p->options;
  const char *function = NULL, *path = o->resume ? o->resume : o->joblog;
  ml_status status = find_function(p, &function, err);
  if (status == ML_OK && path)
    status = peach__log_open(path, o->resume != NULL, function, &p->log, err);
  if (status != ML_OK) return status;
  cli__detail(p->cli, "seed %ld", o->seed.value);
  peach_ends ends = {.function = function,
                     .args = p->args,
                     .log = p->log,
                     .out = p->out,
                     .exec = ml_mproc_exec(p->pool),
                     .functions = p->functions,
                     .is_hasty = hasty};
  double before = cli__now();
  status = peach__run(p->cli, o, &ends, err);
  if (status == ML_OK) cli__detail(p->cli, "peach: %.3f s", cli__now() - before);
  cli__pool_details(p->cli, p->pool);
  return status;
}

static ml_status work(peach *p, ml_error *err) {
  ml_watch watch = cli__watch(p->cli);
  bool hasty = is_hasty(p->options->output);
  ml_status status = cli__check_workers(&p->options->workers, err);
  if (status == ML_OK) status = make_init(p, err);
  if (status == ML_OK) status = check_call(p, err);
  if (status == ML_OK) status = open_ends(p, &watch, err);
  if (status != ML_OK) return status;
  if (p->options->workers.n.value == 0) {
    set_results_apart();
    if (atexit(say_exit) == 0) guarded = p;
  }
  status = start(p, &watch, err);
  if (status == ML_OK) status = p->options->list ? list(p, err) : call(p, hasty, err);
  if (status != ML_OK) return status;
  ml_output *out = p->out;
  p->out = NULL;
  return ml_output_commit(out, err);
}

static ml_status run(cli_call *cli, const void *options, ml_error *err) {
  peach p = {.cli = cli, .options = options};
  cli__catch_signals();
  ml_status status = work(&p, err);
  ml_output_abort(p.out);
  ml_mproc_close(p.pool);
  peach__log_close(p.log);
  ml_functions_free(p.functions);
  guarded = NULL;
  peach__args_close(p.args);
  for (size_t i = 0; i < p.n_init; i++) {
    ml_buf_release(&p.bytes[i]);
    free(p.names[i]);
  }
  ml_arena_free(p.arena);
  free(p.names);
  free(p.bytes);
  free(p.init);
  return status;
}

const cli_command cli__peach = {
    .name = "peach",
    .summary = "call any function, in C or Python, for each argument in parallel",
    .synopsis = "FUNCTION --load MODULE [OPTION]... (ARG... | --args FILE)",
    .description =
        "Call FUNCTION once for each argument, and print each result as JSON on a line of its "
        "own, in the order of the arguments, as they come. Each ARG is JSON, or else a string.\n\n"
        "With -s and -p the calls are shared among processes; the output is the same to the byte. "
        "--load, --init and --pickle are done in the order given, once on each worker, and again "
        "on every worker that replaces a lost one. Without -s all is done in this process, and "
        "what functions print goes to standard error.\n\n"
        "FUNCTION is multip.func, or func when one module only has it.",
    .groups = (const cli_group[]){{"Functions:", init_opts, 0},
                                  {"Calls:", call_opts, 0},
                                  {"Output:", output_opts, 0},
                                  {"Workers:", cli__worker_opts, offsetof(peach_options, workers)},
                                  {"Messages to workers:", cli__message_opts,
                                   offsetof(peach_options, workers)},
                                  {"Options of every command:", cli__common_opts, 0},
                                  {0}},
    .options_size = sizeof(peach_options),
    .max_args = CLI_ANY,
    .examples =
        (const cli_example[]){
            {"a function of a module in C, by four processes",
             "mltool -s 4 -p 5001 peach multip.func --load ./multip.so 1 2 3"},
            {"a function in Python for each line of a file; what is done is done",
             "mltool -s auto -p 0 peach multip.func --load multip.py --args data.ndjson --resume "
             "run.log"},
            {0}},
    .exit_status =
        "0 done, 1 a function failed, or input or output, 2 wrong usage, 3 malformed "
        "arguments, 4 a worker was lost or too late, 130 interrupted.",
    .run = run};
