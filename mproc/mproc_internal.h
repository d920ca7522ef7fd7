/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared inside mproc: the pool, its slots, the guests at its port, and the job that runs.
 *
 *   pool.c     open, close, one turn of the loop   options.c   places.c
 *   slot.c     the life of a worker: started, ready, lost, started again
 *   loss.c     how workers end                clock.c how long things may take
 *   init.c     commands for every worker      words.c what a worker writes to standard error
 *   spawn.c    the worker's process           exe.c   where its program is
 *   guest.c    connections that have proved nothing yet   visitor.c  workers started by hand
 *   address.c  where to listen                token.c the secret in a file
 *   run*.c     a job: who gets which item     queue.c the items of a job
 *   memfile.c  large arguments and results
 *   seen.c     what is remembered for those who look   report.c  what they are told
 *   viewer.c   those who look over HTTP           http.c  what they say
 *   channel.c  buffered frames on a socket    io.c    descriptors in the loop
 *   worker_start.c  the other side: its way in    worker.c  its loop    worker_job.c  what it runs
 *   worker_watch.c  its second thread         worker_init.c   commands
 *   crash.c    its last words                 descendants.c   the end of what it has started
 */
#ifndef MPROC_INTERNAL_H
#define MPROC_INTERNAL_H

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include <netinet/in.h>
#include <signal.h>
#include <sys/un.h>

#include <uv.h>

#include <ml/exec.h>
#include <ml/mproc.h>

#include "queue.h"
#include "seen.h"
#include "wire.h"

#define MPROC_SECOND UINT64_C(1000000000) /* all times are in nanoseconds of CLOCK_MONOTONIC */

uint64_t mproc__now(void);

/* ---- io.c: a descriptor in the loop ---------------------------------------------------------- */

typedef struct io io;
typedef void io_ready(void *ctx, int events); /* UV_READABLE, UV_WRITABLE */

io *io__new(uv_loop_t *loop, int fd, io_ready *ready, void *ctx); /* NULL: no memory */
void io__attach(io *h, io_ready *ready, void *ctx);               /* change who is told */
void io__want(io *h, int events);
void io__free(io *h); /* NULL is allowed; before the descriptor is closed */

/* ---- address.c ------------------------------------------------------------------------------- */

enum { ADDRESS_TEXT = INET6_ADDRSTRLEN };

typedef union address {
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} address;

/** Numbers with dots or colons, or localhost; NULL: 127.0.0.1. @return false: it is neither */
bool address__parse(const char *host, int port, address *out);
/** The same, and names of machines. @retval ML_ERR_IO  no such machine */
ml_status address__find(const char *host, int port, address *out, ml_error *err);
socklen_t address__size(const address *a);
int address__port(const address *a);
bool address__is_loopback(const address *a);
/** Where a process of this host connects to what is bound to an address. */
void address__to_call(const address *bound, char host[ADDRESS_TEXT]);

/* ---- token.c --------------------------------------------------------------------------------- */

/** Read the token in a file, which must be a regular one, no link, of this user and mode 0600.
 * @param may_make  make it when it is not there */
ml_status token__read(const char *path, bool may_make, unsigned char token[WIRE_TOKEN],
                      ml_error *err);

/* ---- channel.c: frames on a non-blocking socket ---------------------------------------------- */

typedef struct channel {
  int fd; /* -1: none */
  io *io;
  ml_buf in, out;
  size_t in_at, out_at; /* read and sent so far */
} channel;

/** Read what is there, at most max bytes. @return false at the end of the stream, or on an error */
bool channel__read(channel *c, size_t max);

/** Take the next frame; its payload is borrowed until the next channel__read(). */
frame_verdict channel__next(channel *c, size_t payload_max, frame *out);

/** Send what can be sent now, and have the loop send the rest. @return false: the peer is gone */
bool channel__flush(channel *c);

/** Settings of a connected TCP socket. */
void channel__hurry(int fd, bool is_loopback);
/** Find out in half a minute when the other machine is gone. */
void channel__keep_alive(int fd);

void channel__close(channel *c);

/* ---- lane: what a worker inherits as descriptor 3 -------------------------------------------- */

#define LANE_FD 3

/* First message on the lane, with the descriptor of the status page. Later messages are one byte
 * with the descriptors of blocks. */
typedef struct lane_hello {
  char magic[8];
  uint32_t version;
  int32_t parent;                  /* pid of the central process */
  uint32_t index;                  /* of the worker in the pool */
  char host[ADDRESS_TEXT];         /* where to connect to */
  uint64_t memory;                 /* ml_mproc_opts.worker_memory */
  unsigned char token[WIRE_TOKEN]; /* zeros for a visitor, which has it from a file */
} lane_hello;

#define LANE_MAGIC "ml-lane"

bool lane__send(int lane, const void *bytes, size_t n, const int *fds, size_t n_fds);
/** @return bytes received, or -1; always n_fds descriptors, else -1 and none */
ssize_t lane__receive(int lane, void *bytes, size_t size, int *fds, size_t n_fds);
/** The same, without waiting: for a side that trusts the other one less. */
ssize_t lane__receive_now(int lane, void *bytes, size_t size, int *fds, size_t n_fds);

/* Shared between the central process and one worker, and believed by neither: an item counts only
 * if the worker has it. */
typedef struct status_page {
  /* Written by the worker: */
  _Atomic uint64_t item;  /* PAGE_IDLE, PAGE_OPENING, else the item that runs */
  _Atomic uint64_t last;  /* as item, or as it was before PAGE_IDLE */
  _Atomic uint64_t since; /* when that began, or its chunk; CLOCK_MONOTONIC is one clock for all */
  _Atomic uint64_t beat;  /* goes up as long as the process is not stopped, whatever it computes */
  _Atomic uint64_t rss;   /* bytes resident, looked at now and then */
  _Atomic uint32_t has_left; /* it ends by itself: its connection or its lane is gone */
  _Atomic int port;          /* that it calls from, before it has proved itself */
  /* Written by the central process: */
  _Atomic uint64_t cancel; /* the item that should end early; PAGE_IDLE: none */
  _Atomic uint32_t closed; /* the last job that was given up: its items need not be run */
} status_page;

#define PAGE_IDLE    UINT64_MAX
#define PAGE_OPENING (UINT64_MAX - 1)

/* ---- memfile.c: large payloads --------------------------------------------------------------- */

#define MEMFILE_FROM ((size_t)1 << 20) /* bytes that go through a memory file */

/** A sealed memory file with these bytes. @return -1 and errno */
int memfile__make(const void *bytes, size_t n);
/** Map one that came from the other side. @return NULL: it is not what it should be */
void *memfile__map(int fd, uint64_t size);

/* ---- the pool -------------------------------------------------------------------------------- */

enum { WORKERS_MAX = 1024, VISITORS_MAX = 64, PLACES_MAX = WORKERS_MAX + VISITORS_MAX };
enum { WINDOW_MAX = 512 }; /* a power of two: frames in flight at one worker */

typedef enum slot_state {
  SLOT_EMPTY,        /* no process; to be started at `when`, if it is ours and wanted */
  SLOT_STARTING,     /* a process since `when` that has not registered */
  SLOT_INITIALISING, /* registered; a command was sent at `when` and is not done */
  SLOT_READY,        /* takes items, unless it is_recycled */
  SLOT_ENDING        /* on its way out; killed at `when` if it is still there */
} slot_state;

/* Why a worker is ending, when the central process knows better than its exit status. */
typedef enum slot_cause {
  CAUSE_UNKNOWN,
  CAUSE_TOLD, /* it was told to: no loss */
  CAUSE_TIMEOUT,
  CAUSE_SILENT,
  CAUSE_STOPPED,
  CAUSE_PROTOCOL,
  CAUSE_HUNG_UP, /* its connection is closed, and it lives */
  CAUSE_NOT_REGISTERED,
  CAUSE_INIT_TIMEOUT
} slot_cause;

/* The item that a status page shows, and since when we have seen it there: a chunk notes no time
 * for each of its items. */
typedef struct item_clock {
  uint64_t item, since; /* as on the page */
  uint64_t seen;
} item_clock;

/* The heart of a worker, as far as somebody looked. */
typedef struct pulse {
  uint64_t beat;
  uint64_t looked;    /* at it */
  uint64_t silent_ns; /* that the loop turned and it did not move */
  bool is_suspect;
} pulse;

typedef struct words words;

enum { MARK_TEXT = 48 };

/* A place in the pool. Its worker may be replaced. */
typedef struct slot {
  ml_mproc *pool;
  size_t index;
  slot_state state;
  slot_cause cause;
  uint64_t when;
  pid_t pid;
  char mark[MARK_TEXT]; /* in the environment of the worker and of all that it starts; "": none */
  int pidfd, lane;
  io *pid_io;
  channel chan;
  ml_block *page; /* a status_page */
  tally tally;    /* of this place, whoever has it */
  /* What it has of the job that runs. Workers run items in the order they get them. */
  bool is_open;
  bool is_closing; /* CLOSE was sent and CLOSED has not come */
  piece *flight[WINDOW_MAX];
  size_t first_in_flight, n_in_flight;
  double mean_ns;  /* of an item; 0: not known */
  size_t chunk;    /* items in the last frame */
  uint64_t turned; /* when the frame that is in work was first in line */
  uint64_t heard;  /* when it last said something, or was given its first queue_item */
  uint64_t blocks[WIRE_BLOCKS_MAX]; /* it has mapped: those of the last job */
  size_t n_blocks;
  bool is_ours;        /* this place has a worker that we start, and replace when it is lost */
  bool is_visitor;     /* this place has a worker that was started by hand */
  bool was_ready;      /* it has come as far as taking items */
  words *words;        /* its standard error; NULL for visitors */
  uint32_t n_commands; /* that it has done */
  uint32_t awaited;    /* number of the command that it is at, when it is INITIALISING */
  char complaint[256]; /* why it does not do a command that others did; "" */
  item_clock item_clock;
  pulse pulse;
  uint64_t n_given;     /* items that were sent to it since it was started */
  uint64_t told_to_end; /* the item that has had its time and was told so; PAGE_IDLE: none */
  bool is_recycled;     /* gets no more items, and goes after those it has */
} slot;

typedef struct guest guest;
typedef struct viewer viewer;
typedef struct run run;
typedef struct future_stream future_stream;
typedef struct init init;

/* What every worker has to do before its first item. */
typedef struct command {
  ml_buf bytes;
  bool is_call;
  char name[128]; /* "load './multip.so'" */
} command;

/* How a worker ended. */
typedef struct obituary {
  char text[384]; /* "worker 2 (pid 4711) was killed by signal 9 (Killed)" */
  size_t worker;  /* from 1 */
  long pid;
  int signal;       /* 0: none */
  bool timed_out;   /* it took too long for its item, which is not tried again */
  uint64_t memory;  /* bytes it had resident when last looked at */
  const char *said; /* the end of its standard error; "" */
} obituary;

struct ml_mproc {
  ml_exec exec; /* first, so that an executor of ours is a pool */
  ml_mproc_opts opts;
  ml_watch watch;               /* opts.watch */
  ml_mproc_extension extension; /* exec NULL: none */
  char exe[PATH_MAX];
  unsigned char token[WIRE_TOKEN];
  uv_loop_t loop;
  uv_timer_t tick; /* nothing but a reason to wake up */
  bool has_loop, is_closing;
  bool has_stderr;                      /* of the host, when the pool was opened */
  bool has_file_token;                  /* opts.token_file was given */
  unsigned char file_token[WIRE_TOKEN]; /* of visitors */
  char host[ADDRESS_TEXT];              /* where workers connect to */
  uint64_t refusal_noted;               /* when the last one was told of */
  uint64_t refusals_untold;
  uint64_t oom_kills;      /* of our cgroup, when last looked at */
  command *commands;       /* that are kept, and those of `init` behind them */
  uint32_t n_commands;     /* of these */
  init *init;              /* the call that waits for commands; NULL: none */
  ml_functions *functions; /* names of what workers have loaded */
  int port, listener;
  io *listener_io;
  guest *guests; /* oldest first */
  size_t n_guests;
  int metrics_port, viewer_listener; /* -1: none */
  io *viewer_io;
  viewer *viewers; /* oldest first */
  size_t n_viewers;
  uint64_t guest_time;    /* GUEST_TIME, or less for a test */
  slot *slots;            /* PLACES_MAX, so that they never move */
  size_t n_slots;         /* that were ever used */
  size_t n_workers;       /* of ours, as wanted */
  size_t window_max;      /* WINDOW_MAX, or less for a test */
  run *run;               /* NULL between jobs */
  future_stream *futures; /* the run of what was submitted; NULL: nothing since the last job */
  uint64_t n_removed;     /* blocks that were freed when workers were last told */
  uint32_t serial;        /* of the last job */
  unsigned losses;        /* since an item was last finished */
  unsigned n_given_up;    /* items, since one was last finished */
  unsigned false_starts;  /* in a row: workers that went before they registered */
  ml_error fault;         /* what ends the opening or the job; ML_OK: nothing */
  ml_mproc_stats stats;
  seen seen;
};

/** One turn of the loop: send, wait (or not) for something, look at clocks. */
void pool__turn(ml_mproc *pool, bool wait);
bool pool__is_ready(const ml_mproc *pool); /* all workers of ours are */
/** Losses so far do not count against what comes now, nor does the time that nobody listened. */
void pool__forgive(ml_mproc *pool);
/** Turn until all workers of ours are ready. @param watch  may be NULL */
ml_status pool__settle(ml_mproc *pool, const ml_watch *watch, ml_error *err);
/** Tell the host's person. */
void pool__note(const ml_mproc *pool, const char *format, ...) ML_PRINTF(2, 3);

/* ---- options.c, places.c --------------------------------------------------------------------- */

ml_status options__check(const ml_mproc_opts *opts, ml_error *err);
ml_status options__check_n(size_t n_workers, ml_error *err);

/** Places for the pool's n_workers. */
ml_status places__make(ml_mproc *pool, ml_error *err);
/** A place that nobody has. @return NULL: no memory, or all are taken */
slot *places__take(ml_mproc *pool, ml_error *err);

/* ---- exe.c, spawn.c -------------------------------------------------------------------------- */

ml_status exe__find(const char *wanted, char path[PATH_MAX], ml_error *err);

/** Start the process of a slot: pid, pidfd, mark, lane and words. @return 0 or an errno */
int spawn__worker(slot *s);
/** What a worker finds on its lane first. @return false and errno */
bool spawn__hello(const slot *s);

/* ---- words.c: a worker's standard error ------------------------------------------------------ */

words *words__new(ml_mproc *pool, int fd); /* takes fd; NULL: no memory, fd is the caller's */
void words__look(words *w);                /* pass on what had to wait; NULL is allowed */
/** Read what is left. @return the last 4 KiB of all; "" for NULL */
const char *words__last(words *w);
void words__free(words *w); /* NULL is allowed */

/* ---- slot.c ---------------------------------------------------------------------------------- */

void slot__start(slot *s);
void slot__register(slot *s, channel *chan); /* takes the channel over */
void slot__ready(slot *s);                   /* it has done all commands */
void slot__kill(slot *s, slot_cause cause);
/** Tell it to go; killed when it does not. */
void slot__dismiss(slot *s);
/** Its stream has ended: its exit status is on the way and says more than that. */
void slot__hang_up(slot *s);
void slot__look(slot *s, uint64_t now); /* start, give up, kill what is due */
/** Replace it as planned, when it has answered what it was given: no loss. */
void slot__recycle(slot *s);
/** It may be given items. */
static inline bool slot__takes_items(const slot *s) {
  return s->state == SLOT_READY && !s->is_recycled;
}
/** Nobody has this place, and nobody will be started for it. */
static inline bool slot__is_free(const slot *s) {
  return s->state == SLOT_EMPTY && !s->is_ours;
}

/** Words for the worker of a slot: "worker 2 (pid 4711)". */
void slot__name(const slot *s, char *buf, size_t size);

/* ---- loss.c ---------------------------------------------------------------------------------- */

/** How it ended, from its exit status unless we know better. */
obituary loss__describe(const slot *s, const siginfo_t *info);
/** A worker that was not told to go is gone. Too many of those end the job or the opening. */
void loss__count(slot *s, const siginfo_t *info, const char *how);
/** An item was finished: losses before that are forgotten. */
void loss__forget(ml_mproc *pool);
/** An item has used up its attempts, and the job goes on: its losses are forgotten, too, unless
 * that has become the rule. */
void loss__give_up(ml_mproc *pool);
/** One could not be started. */
void loss__not_started(slot *s, int error);
/** How long the next start has to wait. */
uint64_t loss__back_off(const ml_mproc *pool);

/* ---- clock.c --------------------------------------------------------------------------------- */

/** Look at time, heartbeat and memory of a worker that has registered; have it told to end its item
 * or replaced. @return why it is to be killed; CAUSE_UNKNOWN: it is not */
slot_cause clock__look(slot *s, uint64_t now);
void clock__start(slot *s);
/** Items were answered: should one of them have been told to end, its number may come again. */
void clock__answered(slot *s, uint64_t first, size_t n);

/* ---- init.c ---------------------------------------------------------------------------------- */

/** Send a worker its next command, or let it take items. */
void init__next(slot *s);
/** DONE or ERROR of a command. @return false when it makes no sense */
bool init__frame(slot *s, const frame *f);
/** A worker is gone. */
void init__lost(slot *s, const obituary *how);
void init__release(ml_mproc *pool);

/* ---- descendants.c --------------------------------------------------------------------------- */

/** End everything that a process has started, in whatever process group, but not the process. */
void descendants__kill(pid_t root);
/** End every process whose environment has the mark: what a worker has left that is gone. */
void descendants__kill_marked(const char *mark);

/* ---- visitor.c: workers that were started by hand
 * ------------------------------------------------ */

/** A place for a peer that has proved the token of the file, with a lane if it is of this machine.
 * @return NULL: there is none */
slot *visitor__place(ml_mproc *pool, const handshake *said);
void visitor__register(slot *s, channel *chan); /* takes the channel over */

/** Name of the Unix socket where a visitor waits for its lane. @return its size */
socklen_t lane__address(const unsigned char name[WIRE_LANE], struct sockaddr_un *out);

/* ---- guest.c --------------------------------------------------------------------------------- */

ml_status guest__listen(ml_mproc *pool, ml_error *err);
void guest__expire(ml_mproc *pool, uint64_t now);
void guest__close_all(ml_mproc *pool);

/* ---- viewer.c -------------------------------------------------------------------------------- */

ml_status viewer__listen(ml_mproc *pool, ml_error *err);
void viewer__expire(ml_mproc *pool, uint64_t now);
void viewer__close_all(ml_mproc *pool);

/* ---- run.c ----------------------------------------------------------------------------------- */

ml_status run__job(ml_exec *exec, const ml_job *job, ml_error *err);
/** A frame from a worker that takes part. @return false when it makes no sense */
bool run__frame(run *r, slot *s, const frame *f);
/** The worker is gone for sure. */
void run__lost(run *r, slot *s, const obituary *how);
const char *run__task(const run *r); /* its name, for messages */
void run__look(const run *r, run_view *out);

/* ---- future.c, release.c --------------------------------------------------------------------- */

/** The task of what is submitted; every worker has it. */
const ml_module *future__module(void);
/** A turn that does not wait. */
void future__poll(ml_mproc *pool);
/** Wait for all that was submitted: whatever else the pool does comes after it. */
ml_status future__finish(ml_mproc *pool, const ml_watch *watch, ml_error *err);
/** Give up what was submitted. */
void future__close(ml_mproc *pool);

/** Have workers unmap blocks that were freed here. */
void release__look(ml_mproc *pool);

/* ---- report.c -------------------------------------------------------------------------------- */

/** Append the text that Prometheus reads. */
void report__metrics(const ml_mproc *pool, ml_buf *out);

/* ---- cpus.c ---------------------------------------------------------------------------------- */

/** CPUs that the cgroups of a process allow. @param mount  where they are mounted;
 * @param membership  text of /proc/self/cgroup. @return 0 when there is no limit */
size_t cpus__quota(const char *mount, const char *membership);

/* ---- oom.c ----------------------------------------------------------------------------------- */

/** How often the kernel has killed for want of memory in our cgroup; 0 when nobody counts. */
uint64_t oom__kills(const char *mount, const char *membership);
uint64_t oom__kills_of_this_process(void);

/* ---- worker_start.c, worker.c, worker_watch.c, worker_job.c ---------------------------------- */

/* A worker process. */
typedef struct worker {
  lane_hello hello;
  status_page *page;
  channel chan; /* of the main thread, but while an item runs the watcher may send what waits: */
  pthread_mutex_t sending; /* is held by the main thread except there */
  int lane;                /* -1: a visitor from another machine has none */
  bool is_visitor;
  const ml_watch *watch; /* may be NULL */
  unsigned char token[WIRE_TOKEN];
  ml_functions *functions;
  _Atomic uint32_t serial; /* of the job it is at */
  pthread_t watcher;
  int wake;             /* eventfd that wakes the watcher, */
  _Atomic bool is_over; /* which ends */
} worker;

/** Find the way in: lane, connection, proofs. @return an ml_worker_exit */
int worker__start(worker *w, const ml_worker_opts *opts, ml_error *err);

/** Send what can be sent now, if an item runs. For the watcher. */
void worker__send_waiting(worker *w);

/** All of the outgoing bytes, however long it takes. @return false: the peer is gone */
bool worker__send_all(channel *c);

int worker__fail(ml_error *err, int code, const char *what);

/** The lane: for a worker of the pool the one it has inherited, for a visitor a new one. */
int worker_lane__inherit(worker *w, ml_error *err);
int worker_lane__accept(worker *w, int listener, ml_error *err);
/** Listen for a lane. @param[out] name  for the central process. @return -1: no lane then */
int worker_lane__listen(unsigned char name[WIRE_LANE]);
/** Status page of a worker without a lane: nobody sees it. */
int worker_lane__none(worker *w, ml_error *err);

/** Limit the private memory of this process; 0: no limit. */
void limits__memory(uint64_t bytes);

/** Say signal, address and backtrace when this process crashes. */
void crash__watch(void);

/** Do a command. @return an ml_worker_exit; ML_WORKER_DONE: go on */
int worker_init__frame(ml_functions *functions, const frame *f, ml_buf *out, ml_error *err);

bool worker_watch__start(worker *w);
void worker_watch__stop(worker *w);
/** The person who has started it by hand is told once, by either thread. */
void worker_watch__tell_end(const worker *w);

typedef struct worker_job worker_job;

worker_job *worker_job__new(const ml_worker_opts *opts, worker *owner);
void worker_job__free(worker_job *w);
/** Act on OPEN, ITEM, CLOSE or RELEASE; answers are appended to out. @return false when the frame
 * makes no sense or the central process is gone */
bool worker_job__frame(worker_job *w, const frame *f, ml_buf *out);
/** When the last item ended. */
uint64_t worker_job__now(const worker_job *w);

#endif
