/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fourier transform of real series: steps of radix 4, 2, 3, 5 and other small primes, and for
 * lengths with a large prime a convolution of a fast length (Bluestein 1970). */
#include "fft.h"

#include <stdlib.h>
#include <string.h>

#include <ml/stats_internal.h>

#include "fft_roots.h"
#include "fft_steps.h"

enum { MOST_STEPS = 64 }; /* a length has fewer prime factors */

typedef struct fft_step {
  size_t radix;
  const double *twiddles; /* radix - 1 rows of m - 1 numbers: cos and sin of 2 pi i j / (radix m) */
  const double *table;    /* of radix_any */
} fft_step;

/* X[k] = c[k] sum (x[j] c[j]) conj(c[k - j]), c[j] = exp(-pi i j^2 / n), as a cyclic convolution.
 */
typedef struct bluestein {
  fresh_fft *fft;                      /* of the convolution */
  double *cos, *sin;                   /* of pi j^2 / n, j = 0..n - 1 */
  double *spectrum_cos, *spectrum_sin; /* packed, of conj(c), over the length of the convolution */
  double *kept;                        /* two spectra */
} bluestein;

struct fresh_fft {
  size_t n, n_steps;
  fft_step steps[MOST_STEPS]; /* the last one of the list is done first */
  bluestein *chirp;           /* NULL: there are only steps */
  double *input, *spare;      /* n, 2 n */
  double *tables;
};

/* ---- which way ---- */

/* Prime factors in ascending order, but by fours as long as it goes; a lone two comes first.
 * @return how many */
static size_t factorise(size_t n, size_t *radix) {
  size_t count = 0;
  for (; n % 4 == 0; n /= 4) radix[count++] = 4;
  if (n % 2 == 0) {
    n /= 2;
    radix[count] = 2;
    radix[count++] = radix[0];
    radix[0] = 2;
  }
  for (size_t p = 3; p * p <= n; p += 2)
    for (; n % p == 0; n /= p) radix[count++] = p;
  if (n > 1) radix[count++] = n;
  return count;
}

/* Multiplications of a value, about, if all primes were steps of their own. */
static double work_of_steps(size_t n) {
  double work = 0;
  for (; n % 2 == 0; n /= 2) work += 2;
  for (size_t p = 3; p * p <= n; p += 2)
    for (; n % p == 0; n /= p) work += p <= 5 ? (double)p : 1.1 * (double)p;
  if (n > 1) work += n <= 5 ? (double)n : 1.1 * (double)n;
  return work;
}

/* The least 2^a 3^b 5^c 7^d 11^e that is at least n. */
static size_t smooth_length(size_t n) {
  for (size_t length = n;; length++) {
    size_t rest = length;
    const size_t primes[] = {2, 3, 5, 7, 11};
    for (size_t i = 0; i < sizeof primes / sizeof *primes; i++)
      while (rest % primes[i] == 0) rest /= primes[i];
    if (rest == 1) return length;
  }
}

/* Which way a length goes decides where series that repeat a value have zeros: by a step they have
 * them, by a convolution noise. So lengths that are short enough for that to be seen go as they go
 * in the reference (numpy's pocketfft); others the way that is faster. */
static bool wants_steps(size_t n, const size_t *radix, size_t count) {
  enum { SMALL_LENGTH = 50, REFERENCE_LENGTH = 4096, CONVOLUTION = 160 };
  size_t greatest = count > 0 ? radix[count - 1] : 1;
  if (n < SMALL_LENGTH) return true;
  if (greatest > FRESH_FFT_MOST_RADIX) return false;
  if (n > REFERENCE_LENGTH) return work_of_steps(n) < CONVOLUTION;
  size_t length = smooth_length(2 * n - 1);
  double by_steps = 0.5 * work_of_steps(n) * (double)n;
  double by_convolution = 3 * work_of_steps(length) * (double)length;
  return greatest * greatest <= n || by_steps <= by_convolution;
}

size_t fresh__fft_fast_length(size_t n) {
  size_t best = 1;
  while (best < n) best *= 2;
  for (size_t fives = 1; fives < best; fives *= 5)
    for (size_t threes = fives; threes < best; threes *= 3) {
      size_t length = threes;
      while (length < n) length *= 2;
      if (length < best) best = length;
    }
  return best;
}

/* Every X[k] up to n/2 takes all values, so both kinds of index make up the length. */
static size_t convolution_length(size_t n) {
  return fresh__fft_fast_length(n + n / 2);
}

size_t fresh__fft_cost(size_t n) {
  size_t radix[MOST_STEPS], count = factorise(n, radix);
  return wants_steps(n, radix, count) ? 5 * n : fresh__fft_most(n);
}

size_t fresh__fft_most(size_t n) {
  return 5 * n + 9 * convolution_length(n);
}

/* ---- tables ---- */

static size_t size_of_tables(const size_t *radix, size_t count) {
  size_t size = 0, m = 1;
  for (size_t i = count; i-- > 0;) {
    size += (radix[i] - 1) * (m - 1) + (radix[i] > 5 ? 2 * radix[i] : 0);
    m *= radix[i];
  }
  return size;
}

static double *fill_step(fft_step *step, size_t n, size_t m, const fresh_roots *roots,
                         double *table) {
  size_t p = step->radix, stride = n / (p * m);
  step->twiddles = table;
  for (size_t j = 1; j < p; j++)
    for (size_t i = 1; 2 * i < m; i++) {
      fresh_root root = fresh__root(roots, i * j * stride);
      table[(j - 1) * (m - 1) + 2 * i - 2] = root.cos;
      table[(j - 1) * (m - 1) + 2 * i - 1] = root.sin;
    }
  table += (p - 1) * (m - 1);
  if (p <= 5) return table;
  step->table = table;
  for (size_t j = 0; j < p; j++) {
    fresh_root root = fresh__root(roots, j * (n / p));
    table[j] = root.cos;
    table[p + j] = root.sin;
  }
  return table + 2 * p;
}

static ml_status make_steps(fresh_fft *fft, const size_t *radix, size_t count, ml_error *err) {
  fresh_roots *roots = fresh__roots_new(fft->n);
  double *table = fft->tables = calloc(size_of_tables(radix, count) + 1, sizeof *table);
  size_t m = 1;
  for (size_t i = count; roots && table && i-- > 0; m *= radix[i]) {
    fft->steps[i].radix = radix[i];
    table = fill_step(&fft->steps[i], fft->n, m, roots, table);
  }
  fft->n_steps = count;
  fresh__roots_free(roots);
  return roots && table ? ML_OK : ml_error_memory(err);
}

/* j^2 mod 2n without a product that could overflow: (j + 1)^2 = j^2 + 2j + 1. */
static void fill_chirp(bluestein *chirp, size_t n, const fresh_roots *roots) {
  size_t square = 0;
  for (size_t j = 0; j < n; j++) {
    fresh_root root = fresh__root(roots, square);
    chirp->cos[j] = root.cos;
    chirp->sin[j] = root.sin;
    square = (square + 2 * j + 1) % (2 * n);
  }
}

/* Spectrum of a function of k - j, for k = 0..n/2 and j = 0..n - 1. */
static void transform_chirp(fresh_fft *fft, size_t n, const double *of_square, double *spectrum) {
  double *input = fresh__fft_input(fft);
  memset(input, 0, fft->n * sizeof *input);
  for (size_t j = 0; j <= n / 2; j++) input[j] = of_square[j];
  for (size_t j = 1; j < n; j++) input[fft->n - j] = of_square[j];
  memcpy(spectrum, fresh__fft_run(fft, input), fft->n * sizeof *spectrum);
}

static ml_status make_chirp(fresh_fft *fft, ml_error *err) {
  size_t n = fft->n, length = convolution_length(n);
  bluestein *chirp = fft->chirp = calloc(1, sizeof *chirp);
  if (!chirp) return ml_error_memory(err);
  ml_status status = fresh__fft_new(length, &chirp->fft, err);
  if (status != ML_OK) return status;
  fresh_roots *roots = fresh__roots_new(2 * n);
  fft->tables = malloc((2 * n + 4 * length) * sizeof(double));
  if (roots && fft->tables) {
    chirp->cos = fft->tables;
    chirp->sin = chirp->cos + n;
    chirp->spectrum_cos = chirp->sin + n;
    chirp->spectrum_sin = chirp->spectrum_cos + length;
    chirp->kept = chirp->spectrum_sin + length;
    fill_chirp(chirp, n, roots);
    transform_chirp(chirp->fft, n, chirp->cos, chirp->spectrum_cos);
    transform_chirp(chirp->fft, n, chirp->sin, chirp->spectrum_sin);
  } else {
    status = ml_error_memory(err);
  }
  fresh__roots_free(roots);
  return status;
}

ml_status fresh__fft_new(size_t n, fresh_fft **out, ml_error *err) {
  size_t radix[MOST_STEPS], count = factorise(n, radix);
  fresh_fft *fft = calloc(1, sizeof *fft);
  if (!fft) return ml_error_memory(err);
  fft->n = n;
  fft->input = calloc(n, sizeof *fft->input);
  fft->spare = calloc(2 * n, sizeof *fft->spare);
  ml_status status = ML_OK;
  if (!fft->input || !fft->spare)
    status = ml_error_memory(err);
  else if (wants_steps(n, radix, count))
    status = make_steps(fft, radix, count, err);
  else
    status = make_chirp(fft, err);
  if (status == ML_OK)
    *out = fft;
  else
    fresh__fft_free(fft);
  return status;
}

void fresh__fft_free(fresh_fft *fft) {
  if (!fft) return;
  if (fft->chirp) fresh__fft_free(fft->chirp->fft);
  free(fft->chirp);
  free(fft->tables);
  free(fft->input);
  free(fft->spare);
  free(fft);
}

size_t fresh__fft_length(const fresh_fft *fft) {
  return fft->n;
}

double *fresh__fft_input(fresh_fft *fft) {
  return fft->input;
}

/* ---- a run ---- */

static void run_step(const fft_step *step, size_t m, size_t count, const double *in, double *out) {
  const double *w = step->twiddles;
  switch (step->radix) {
    case 2:
      fresh__fft_radix2(m, count, in, out, w);
      break;
    case 3:
      fresh__fft_radix3(m, count, in, out, w);
      break;
    case 4:
      fresh__fft_radix4(m, count, in, out, w);
      break;
    case 5:
      fresh__fft_radix5(m, count, in, out, w);
      break;
    default:
      fresh__fft_radix_any(step->radix, m, count, in, out, w, step->table);
  }
}

static const double *run_steps(const fresh_fft *fft, const double *x) {
  double *out = fft->spare, *spare = fft->spare + fft->n;
  size_t m = 1;
  for (size_t i = fft->n_steps; i-- > 0;) {
    size_t p = fft->steps[i].radix;
    run_step(&fft->steps[i], m, fft->n / (p * m), x, out);
    x = out;
    out = spare;
    spare = (double *)x;
    m *= p;
  }
  return x;
}

/* (a + i b)(c + i d), all four being packed spectra of real series, into those of the real series
 * and of the imaginary one. */
static void multiply(size_t n, double *a, double *b, const double *c, const double *d) {
  double re = a[0] * c[0] - b[0] * d[0], im = a[0] * d[0] + b[0] * c[0];
  a[0] = re;
  b[0] = im;
  size_t i = 1;
  for (; i + 1 < n; i += 2) {
    double a0 = a[i], a1 = a[i + 1], b0 = b[i], b1 = b[i + 1];
    double c0 = c[i], c1 = c[i + 1], d0 = d[i], d1 = d[i + 1];
    a[i] = (a0 * c0 - a1 * c1) - (b0 * d0 - b1 * d1);
    a[i + 1] = (a0 * c1 + a1 * c0) - (b0 * d1 + b1 * d0);
    b[i] = (a0 * d0 - a1 * d1) + (b0 * c0 - b1 * c1);
    b[i + 1] = (a0 * d1 + a1 * d0) + (b0 * c1 + b1 * c0);
  }
  if (i == n) return;
  re = a[i] * c[i] - b[i] * d[i];
  im = a[i] * d[i] + b[i] * c[i];
  a[i] = re;
  b[i] = im;
}

/* The first values, up to n/2, of the series whose packed spectrum this is. The Hartley transform,
 * re - im of the Fourier transform, is its own inverse. */
static void invert(fresh_fft *fft, const double *spectrum, size_t n_values, double *out) {
  size_t n = fft->n;
  double *h = fft->input, scale = 1 / (double)n;
  h[0] = spectrum[0];
  for (size_t k = 1; 2 * k < n; k++) {
    h[k] = spectrum[2 * k - 1] - spectrum[2 * k];
    h[n - k] = spectrum[2 * k - 1] + spectrum[2 * k];
  }
  if (n % 2 == 0) h[n / 2] = spectrum[n - 1];
  const double *f = fresh__fft_run(fft, h);
  out[0] = f[0] * scale;
  for (size_t k = 1; k < n_values; k++)
    out[k] = (2 * k < n ? f[2 * k - 1] - f[2 * k] : f[2 * k - 1]) * scale;
}

static void transform_turned(const fresh_fft *fft, const double *x, const double *turn,
                             double *spectrum) {
  fresh_fft *inner = fft->chirp->fft;
  double *input = inner->input;
  for (size_t j = 0; j < fft->n; j++) input[j] = x[j] * turn[j];
  memset(input + fft->n, 0, (inner->n - fft->n) * sizeof *input);
  memcpy(spectrum, fresh__fft_run(inner, input), inner->n * sizeof *spectrum);
}

/* With c[j] = cos - i sin the series is x cos - i x sin, and conj(c) = cos + i sin. */
static const double *run_chirp(const fresh_fft *fft, const double *x) {
  const bluestein *chirp = fft->chirp;
  size_t n = fft->n, length = chirp->fft->n, n_bins = n / 2 + 1;
  double *re = chirp->kept, *im = re + length, *out = fft->spare;
  transform_turned(fft, x, chirp->cos, re);
  transform_turned(fft, x, chirp->sin, im);
  for (size_t i = 0; i < length; i++) im[i] = -im[i];
  multiply(length, re, im, chirp->spectrum_cos, chirp->spectrum_sin);
  invert(chirp->fft, re, n_bins, re);
  invert(chirp->fft, im, n_bins, im);
  out[0] = stats__sum(x, n);
  for (size_t k = 1; k < n_bins; k++) {
    out[2 * k - 1] = re[k] * chirp->cos[k] + im[k] * chirp->sin[k];
    if (2 * k < n) out[2 * k] = im[k] * chirp->cos[k] - re[k] * chirp->sin[k];
  }
  return out;
}

const double *fresh__fft_run(fresh_fft *fft, const double *x) {
  return fft->chirp ? run_chirp(fft, x) : run_steps(fft, x);
}
