/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Blocks: private memory, or a memfd that workers map. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <ml/exec_internal.h>

/* A memfd has no name in any folder: the last process that has it takes it along. */
static int shared_memory(size_t size) {
  int fd = memfd_create("ml-block", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return -1;
  if (ftruncate(fd, (off_t)size) == 0) return fd;
  int saved = errno;
  close(fd);
  errno = saved;
  return -1;
}

static uint64_t next_id(void) {
  static atomic_uint_fast64_t next = 1;
  return atomic_fetch_add(&next, 1);
}

static ml_status fail_shared(size_t size, ml_error *err) {
  return ml_error_set(err, ML_ERR_MEMORY, "cannot make %zu bytes of shared memory: %s", size,
                      strerror(errno));
}

/* A mapping has no size of 0. */
static size_t mapped_size(size_t size) {
  return size ? size : 1;
}

/* The size may change yet. */
static ml_status make(const ml_exec *exec, size_t size, int flags, ml_block **out, ml_error *err) {
  const bool shared = exec && exec->shares_memory;
  const size_t mapped = mapped_size(size);
  if (mapped > PTRDIFF_MAX) return ml_error_memory(err);
  ml_block *block = calloc(1, sizeof *block);
  if (!block) return ml_error_memory(err);
  block->fd = -1;
  if (shared && (block->fd = shared_memory(mapped)) < 0) {
    ml_status status = fail_shared(size, err);
    free(block);
    return status;
  }
  flags |= shared ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS;
  void *data = mmap(NULL, mapped, PROT_READ | PROT_WRITE, flags, block->fd, 0);
  block->id = next_id();
  if (data == MAP_FAILED || !pin__add(data, mapped, block->id)) {
    if (data != MAP_FAILED) munmap(data, mapped);
    if (block->fd >= 0) close(block->fd);
    free(block);
    return ml_error_memory(err);
  }
  block->data = data;
  block->size = size;
  *out = block;
  return ML_OK;
}

static ml_status fix_size(const ml_block *block, ml_error *err) {
  return block->fd < 0 || fcntl(block->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) == 0
             ? ML_OK
             : fail_shared(block->size, err);
}

ml_status ml_block_new(const ml_exec *exec, size_t size, ml_block **out, ml_error *err) {
  ml_block *block = NULL;
  ml_status status = make(exec, size, 0, &block, err);
  if (status != ML_OK) return status;
  status = fix_size(block, err);
  if (status == ML_OK)
    *out = block;
  else
    ml_block_free(block);
  return status;
}

/* ---- growing ---- */

static ml_status remap(ml_block *block, size_t size, ml_error *err) {
  void *data = mremap(block->data, mapped_size(block->size), mapped_size(size), MREMAP_MAYMOVE);
  if (data == MAP_FAILED) return ml_error_memory(err);
  pin__move(block->data, data, mapped_size(size));
  block->data = data;
  block->size = size;
  return ML_OK;
}

ml_status block__grow(const ml_exec *exec, ml_block **block, size_t size, ml_error *err) {
  if (!*block) return make(exec, size, MAP_NORESERVE, block, err);
  if (size <= (*block)->size) return ML_OK;
  if (size > PTRDIFF_MAX) return ml_error_memory(err);
  if ((*block)->fd >= 0 && ftruncate((*block)->fd, (off_t)size) != 0) return fail_shared(size, err);
  return remap(*block, size, err);
}

void block__give_back(const ml_block *block, size_t at, size_t n) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE), from = (at + page - 1) / page * page,
               to = (at + n) / page * page;
  if (to <= from) return;
  /* It is memory that is given back, and no promise: what fails costs memory. */
  (void)madvise((char *)block->data + from, to - from, block->fd < 0 ? MADV_DONTNEED : MADV_REMOVE);
}

ml_status block__settle(ml_block *block, size_t size, ml_error *err) {
  if (block->fd >= 0 && ftruncate(block->fd, (off_t)mapped_size(size)) != 0)
    return fail_shared(size, err);
  ml_status status = remap(block, size, err);
  return status == ML_OK ? fix_size(block, err) : status;
}

/* Writing through the descriptor fills fresh pages at twice the speed of a mapping's page faults.
 */
static bool fill(ml_block *block, const char *data) {
  if (block->fd < 0) {
    if (block->size) memcpy(block->data, data, block->size);
    return true;
  }
  for (size_t at = 0; at < block->size;) {
    ssize_t n = pwrite(block->fd, data + at, block->size - at, (off_t)at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += (size_t)n;
  }
  return true;
}

ml_status ml_block_copy(const ml_exec *exec, const void *data, size_t size, ml_block **out,
                        ml_error *err) {
  ml_block *block;
  ml_status status = ml_block_new(exec, size, &block, err);
  if (status != ML_OK) return status;
  if (!fill(block, data)) {
    ml_block_free(block);
    return ml_error_set(err, ML_ERR_MEMORY, "cannot fill %zu bytes of shared memory: %s", size,
                        strerror(errno));
  }
  *out = block;
  return ML_OK;
}

ml_status ml_block_lend(const ml_exec *exec, const void *data, size_t size, ml_block **out,
                        ml_error *err) {
  if (exec && exec->shares_memory) return ml_block_copy(exec, data, size, out, err);
  ml_block *block = malloc(sizeof *block);
  if (!block) return ml_error_memory(err);
  *block = (ml_block){.data = (void *)data, .size = size, .fd = -1, .lent = true, .id = next_id()};
  *out = block;
  return ML_OK;
}

ml_status ml_block_seal(ml_block *block, ml_error *err) {
  if (block->fd < 0 || block->sealed) return ML_OK;
  if (fcntl(block->fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) != 0)
    return ml_error_set(err, ML_ERR_IO, "cannot seal shared memory: %s", strerror(errno));
  block->sealed = true;
  return ML_OK;
}

void ml_block_free(ml_block *block) {
  if (!block) return;
  if (!block->lent) pin__remove(block->data);
  if (block->fd >= 0) close(block->fd);
  free(block);
}
