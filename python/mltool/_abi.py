# SPDX-License-Identifier: GPL-3.0-or-later
"""The structures of libml's headers; tests/test_abi.py compares them with a C compiler's."""

from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    Union,
    c_bool,
    c_char,
    c_char_p,
    c_double,
    c_int,
    c_int64,
    c_long,
    c_size_t,
    c_uint,
    c_uint64,
    c_void_p,
    sizeof,
)

from . import _abi_features

VERSION = "0.1.0"  # of the libml whose structures these are

# ml/status.h
OK, IO, MEMORY, NUMERIC, USAGE, PARSE, FUNCTION, WORKER, TIMEOUT, CANCELLED, CLOSED = range(11)

ITEMS_UNKNOWN = c_size_t(-1).value

# ml/value.h
NULL, BOOL, INT, REAL, STRING, BYTES, VECTOR, MATRIX, LIST, DICT, OBJECT = range(11)
DTYPES = ("<f8", "<f4", "<i8", "<i4", "|u1", "|b1")

# ml/functions.h
INIT_LOAD, INIT_PICKLE, INIT_CALL = range(3)


class Error(Structure):
    _fields_ = [
        ("status", c_int),
        ("line", c_size_t),
        ("column", c_size_t),
        ("source", c_char * 128),
        ("message", c_char * 512),
    ]


class Buf(Structure):
    _fields_ = [("data", c_void_p), ("n", c_size_t), ("capacity", c_size_t), ("failed", c_bool)]


class Value(Structure):
    pass


class _Text(Structure):
    _fields_ = [("text", c_void_p), ("n", c_size_t)]


class _Array(Structure):
    _fields_ = [("data", c_void_p), ("n_rows", c_size_t), ("n_cols", c_size_t)]


class _List(Structure):
    _fields_ = [("values", POINTER(Value)), ("names", POINTER(c_char_p)), ("n", c_size_t)]


class _As(Union):
    _fields_ = [
        ("b", c_bool),
        ("i", c_int64),
        ("d", c_double),
        ("s", _Text),
        ("a", _Array),
        ("l", _List),
    ]


Value._fields_ = [("type", c_int), ("dtype", c_int), ("u", _As)]


class Block(Structure):
    _fields_ = [
        ("data", c_void_p),
        ("size", c_size_t),
        ("fd", c_int),
        ("sealed", c_bool),
        ("lent", c_bool),
        ("id", c_uint64),
    ]


CancelledHook = CFUNCTYPE(c_bool, c_void_p)
ProgressHook = CFUNCTYPE(None, c_void_p, c_char_p, c_double, c_double)


class Watch(Structure):
    _fields_ = [("cancelled", CancelledHook), ("progress", ProgressHook), ("ctx", c_void_p)]


class Failure(Structure):
    _fields_ = [
        ("error", Error),
        ("trace", c_char_p),
        ("output", c_char_p),
        ("attempts", c_uint),
        ("worker", c_size_t),
        ("pid", c_long),
        ("signal", c_int),
        ("memory", c_uint64),
    ]


# The structures behind the pointers are looked at where they are needed: void pointers are the
# cheapest arguments that ctypes makes.
More = CFUNCTYPE(c_size_t, c_void_p, c_size_t, c_size_t)
WaitsFor = CFUNCTYPE(c_int, c_void_p)
Put = CFUNCTYPE(c_int, c_void_p, c_size_t, c_void_p, c_void_p)
Take = CFUNCTYPE(c_int, c_void_p, c_size_t, c_void_p, c_size_t, c_void_p)
PutChunk = CFUNCTYPE(c_int, c_void_p, c_size_t, c_size_t, c_void_p, c_void_p)
TakeChunk = CFUNCTYPE(c_int, c_void_p, c_size_t, c_size_t, c_void_p, c_size_t, c_void_p)
Fail = CFUNCTYPE(c_int, c_void_p, c_size_t, POINTER(Failure), c_void_p)
Seen = CFUNCTYPE(None, c_void_p, c_void_p)
Describe = CFUNCTYPE(None, c_void_p, c_size_t, c_void_p, c_size_t)


class Job(Structure):
    _fields_ = [
        ("module", c_void_p),
        ("task", c_char_p),
        ("args", c_void_p),
        ("n_args", c_size_t),
        ("inputs", POINTER(POINTER(Block))),
        ("n_inputs", c_size_t),
        ("result", POINTER(Block)),
        ("n_items", c_size_t),
        ("chunk", c_size_t),
        ("more", More),
        ("waits_for", WaitsFor),
        ("put", Put),
        ("take", Take),
        ("put_chunk", PutChunk),
        ("take_chunk", TakeChunk),
        ("fail", Fail),
        ("seen", Seen),
        ("describe", Describe),
        ("place", c_void_p),
        ("number", c_void_p),
        ("ctx", c_void_p),
        ("functions", c_void_p),
        ("step", c_char_p),
        ("function", c_char_p),
        ("watch", POINTER(Watch)),
    ]


NextValue = CFUNCTYPE(c_bool, c_void_p, c_size_t, POINTER(Value), c_void_p)
TakeValue = CFUNCTYPE(c_int, c_void_p, c_size_t, POINTER(Value), c_void_p)
Number = CFUNCTYPE(c_size_t, c_void_p, c_size_t)
SeenValue = CFUNCTYPE(None, c_void_p, c_void_p, POINTER(Value))


class PeachIo(Structure):
    _fields_ = [
        ("n", c_size_t),
        ("next", NextValue),
        ("waits_for", WaitsFor),
        ("number", Number),
        ("take", TakeValue),
        ("fail", Fail),
        ("seen", SeenValue),
        ("ctx", c_void_p),
    ]


class PeachOpts(Structure):
    _fields_ = [
        ("functions", c_void_p),
        ("shared", POINTER(POINTER(Block))),
        ("n_shared", c_size_t),
        ("seed", c_uint64),
        ("watch", POINTER(Watch)),
    ]


class Init(Structure):
    _fields_ = [
        ("kind", c_int),
        ("what", c_char_p),
        ("bytes", c_char_p),
        ("n_bytes", c_size_t),
        ("arg", Value),
    ]


class Function(Structure):
    _fields_ = [
        ("name", c_char_p),
        ("doc", c_char_p),
        ("call", c_void_p),
        ("ctx", c_void_p),
        ("chunk", c_void_p),
    ]


Note = CFUNCTYPE(None, c_void_p, c_char_p)


class MprocOpts(Structure):
    _fields_ = [
        ("n_workers", c_size_t),
        ("port", c_int),
        ("bind", c_char_p),
        ("allow_remote", c_bool),
        ("token_file", c_char_p),
        ("worker_exe", c_char_p),
        ("task_timeout", c_double),
        ("grace", c_double),
        ("init_timeout", c_double),
        ("suspect_after", c_double),
        ("silence_limit", c_double),
        ("retries", c_uint),
        ("retry_errors", c_uint),
        ("worker_memory", c_size_t),
        ("max_rss", c_size_t),
        ("max_tasks", c_uint64),
        ("window", c_size_t),
        ("chunk", c_size_t),
        ("threads", c_int),
        ("metrics_port", c_int),
        ("note", Note),
        ("ctx", c_void_p),
        ("watch", POINTER(Watch)),
    ]


class MprocStats(Structure):
    _fields_ = [
        ("items_done", c_uint64),
        ("items_failed", c_uint64),
        ("items_retried", c_uint64),
        ("workers_lost", c_uint64),
        ("workers_started", c_uint64),
        ("workers_recycled", c_uint64),
        ("workers_joined", c_uint64),
        ("connections_refused", c_uint64),
        ("task_seconds", c_double),
    ]


# The structures by their names in C, in the order of ml_layout().
STRUCTURES = {
    "ml_error": Error,
    "ml_buf": Buf,
    "ml_value": Value,
    "ml_block": Block,
    "ml_watch": Watch,
    "ml_failure": Failure,
    "ml_job": Job,
    "ml_peach_io": PeachIo,
    "ml_peach_opts": PeachOpts,
    "ml_init": Init,
    "ml_function": Function,
    "ml_mproc_opts": MprocOpts,
    "ml_mproc_stats": MprocStats,
    **_abi_features.STRUCTURES,
}


def layout():
    """What ml_layout() gives when its structures have these sizes."""
    number = 0
    for structure in STRUCTURES.values():
        number = (number * 1009 + sizeof(structure)) % 2**64
    return number


# Functions: name, result, arguments.
PROTOTYPES = (
    ("ml_version", c_char_p, ()),
    ("ml_buf_put", None, (c_void_p, c_void_p, c_size_t)),
    ("ml_buf_release", None, (POINTER(Buf),)),
    ("ml_arena_new", c_void_p, ()),
    ("ml_arena_free", None, (c_void_p,)),
    ("ml_block_new", c_int, (c_void_p, c_size_t, POINTER(POINTER(Block)), POINTER(Error))),
    ("ml_block_free", None, (POINTER(Block),)),
    ("ml_exec_functions", c_void_p, (c_void_p,)),
    ("ml_function_is_internal", c_bool, (c_char_p,)),
    ("ml_functions_n", c_size_t, (c_void_p,)),
    ("ml_functions_at", POINTER(Function), (c_void_p, c_size_t, POINTER(c_char_p))),
    (
        "ml_functions_find",
        c_int,
        (c_void_p, c_char_p, POINTER(c_void_p), POINTER(c_char_p), POINTER(Error)),
    ),
    ("ml_error_set", c_int, (c_void_p, c_int, c_char_p)),
    (
        "ml_peach_each",
        c_int,
        (c_void_p, c_char_p, POINTER(PeachIo), POINTER(PeachOpts), POINTER(Error)),
    ),
    (
        "ml_peach_chunks",
        c_int,
        (c_void_p, c_char_p, POINTER(Job), POINTER(PeachOpts), POINTER(Error)),
    ),
    ("ml_mproc_opts_default", MprocOpts, ()),
    ("ml_mproc_open", c_int, (POINTER(MprocOpts), POINTER(c_void_p), POINTER(Error))),
    ("ml_mproc_close", None, (c_void_p,)),
    ("ml_mproc_exec", c_void_p, (c_void_p,)),
    ("ml_mproc_port", c_int, (c_void_p,)),
    ("ml_mproc_metrics_port", c_int, (c_void_p,)),
    ("ml_mproc_pids", c_size_t, (c_void_p, POINTER(c_long))),
    ("ml_mproc_get_stats", MprocStats, (c_void_p,)),
    ("ml_mproc_describe", None, (c_void_p, POINTER(Buf))),
    ("ml_mproc_poll", None, (c_void_p,)),
    (
        "ml_mproc_init",
        c_int,
        (c_void_p, POINTER(Init), c_size_t, POINTER(Buf), POINTER(Error)),
    ),
    (
        "ml_mproc_eval_all",
        c_int,
        (c_void_p, c_char_p, POINTER(Value), c_void_p, POINTER(Value), POINTER(Error)),
    ),
    ("ml_mproc_resize", c_int, (c_void_p, c_size_t, POINTER(Watch), POINTER(Error))),
    (
        "ml_mproc_submit",
        c_int,
        (c_void_p, c_char_p, POINTER(Value), POINTER(c_void_p), POINTER(Error)),
    ),
    ("ml_future_is_done", c_bool, (c_void_p,)),
    (
        "ml_future_wait",
        c_int,
        (c_void_p, c_double, c_void_p, POINTER(Value), POINTER(Error)),
    ),
    ("ml_future_cancel", None, (c_void_p,)),
    ("ml_future_free", None, (c_void_p,)),
    ("ml_mproc_n_cpus", c_size_t, ()),
    *_abi_features.prototypes(Buf, Error, Watch),
)
