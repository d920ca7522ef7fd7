/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The blocks that a worker has mapped: what its jobs share with the central process. */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "worker_internal.h"

static size_t mapped_size(size_t size) {
  return size ? size : 1; /* as ml_block_new() makes them */
}

static void unmap(block_map *m) {
  if (m->data) pin__remove(m->data);
  *m = (block_map){0};
}

/* Never more than the descriptor has, and nothing that could be made shorter under us. */
static ml_status map(block_map *m, const open_block *block, int fd, ml_error *err) {
  struct stat st;
  int seals = fcntl(fd, F_GET_SEALS);
  size_t size = mapped_size((size_t)block->size);
  if (fstat(fd, &st) != 0 || st.st_size < 0 || (uint64_t)st.st_size < size || seals < 0 ||
      !(seals & F_SEAL_SHRINK))
    return ml_error_set(err, ML_ERR_WORKER, "block %llu is not what it should be",
                        (unsigned long long)block->id);
  int protection = block->is_result ? PROT_READ | PROT_WRITE : PROT_READ;
  void *data = mmap(NULL, size, protection, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED)
    return ml_error_set(err, ML_ERR_MEMORY, "cannot map a block of %zu bytes", size);
  if (!pin__add(data, size, 0)) {
    munmap(data, size);
    return ml_error_memory(err);
  }
  *m = (block_map){.id = block->id, .data = data, .size = (size_t)block->size};
  return ML_OK;
}

static block_map *find(block_map *all, size_t n, uint64_t id) {
  for (size_t i = 0; i < n; i++)
    if (all[i].data && all[i].id == id) return &all[i];
  return NULL;
}

static ml_status exchange(worker_job *w, const open_message *open, const int *fds, ml_error *err) {
  block_map next[WIRE_BLOCKS_MAX] = {0};
  ml_status status = ML_OK;
  for (size_t i = 0, used = 0; i < open->n_blocks && status == ML_OK; i++) {
    const open_block *block = &open->blocks[i];
    block_map *old = find(w->blocks, w->n_blocks, block->id);
    block_map *twin = find(next, i, block->id);
    if (block->is_new) {
      status = map(&next[i], block, fds[used++], err);
    } else if (old) {
      next[i] = *old;
      *old = (block_map){0};
    } else if (!twin) {
      status =
          ml_error_set(err, ML_ERR_WORKER, "block %llu is not here", (unsigned long long)block->id);
    }
  }
  worker_blocks__drop_all(w);
  memcpy(w->blocks, next, sizeof next);
  w->n_blocks = open->n_blocks;
  return status;
}

static void fill_data(worker_job *w, const open_message *open) {
  w->data = (ml_job_data){.inputs = w->inputs, .ids = w->ids};
  for (size_t i = 0; i < open->n_blocks; i++) {
    const block_map *m = find(w->blocks, w->n_blocks, open->blocks[i].id);
    ml_span span = {m->data, m->size};
    if (open->blocks[i].is_result) {
      w->data.result = span;
    } else {
      w->ids[w->data.n_inputs] = m->id;
      w->inputs[w->data.n_inputs++] = span;
    }
  }
}

bool worker_blocks__exchange(worker_job *w, const open_message *open, ml_status *status,
                             ml_error *err) {
  int fds[WIRE_BLOCKS_MAX];
  size_t n_new = 0;
  char byte;
  for (size_t i = 0; i < open->n_blocks; i++) n_new += open->blocks[i].is_new;
  if (n_new > 0 && lane__receive(w->lane, &byte, 1, fds, n_new) != 1) return false;
  *status = exchange(w, open, fds, err);
  for (size_t i = 0; i < n_new; i++) close(fds[i]);
  if (*status == ML_OK) fill_data(w, open);
  return true;
}

bool worker_blocks__release(worker_job *w, const frame *f) {
  uint64_t ids[WIRE_BLOCKS_MAX];
  size_t n;
  if (w->task || !message__parse_release(f, ids, &n)) return false;
  for (size_t i = 0; i < n; i++) {
    block_map *m = find(w->blocks, w->n_blocks, ids[i]);
    if (m) unmap(m);
  }
  return true;
}

void worker_blocks__drop_all(worker_job *w) {
  for (size_t i = 0; i < w->n_blocks; i++) unmap(&w->blocks[i]);
}
