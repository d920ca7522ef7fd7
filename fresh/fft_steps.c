/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps of the real Fourier transform. The order of their operations is that of FFTPACK
 * (Swarztrauber 1982, "Vectorizing the FFTs"), because it decides which coefficients of a series
 * with a symmetry are zero and not noise. */
#include "fft_steps.h"

#define IN(i, k, j)  in[(i) + m * ((k) + count * (j))]
#define OUT(i, j, k) out[(i) + m * ((j) + RADIX * (k))]

/* re + i im = the value at (i - 1, i) of part j, turned by its twiddle. */
#define TURN(re, im, i, k, j)                                                    \
  double re, im;                                                                 \
  {                                                                              \
    double c_ = w[((j)-1) * (m - 1) + (i)-2], s_ = w[((j)-1) * (m - 1) + (i)-1]; \
    re = c_ * IN((i)-1, k, j) + s_ * IN(i, k, j);                                \
    im = c_ * IN(i, k, j) - s_ * IN((i)-1, k, j);                                \
  }

#define RADIX 2
void fresh__fft_radix2(size_t m, size_t count, const double *restrict in, double *restrict out,
                       const double *w) {
  for (size_t k = 0; k < count; k++) {
    OUT(0, 0, k) = IN(0, k, 0) + IN(0, k, 1);
    OUT(m - 1, 1, k) = IN(0, k, 0) - IN(0, k, 1);
  }
  if (m % 2 == 0)
    for (size_t k = 0; k < count; k++) {
      OUT(0, 1, k) = -IN(m - 1, k, 1);
      OUT(m - 1, 0, k) = IN(m - 1, k, 0);
    }
  for (size_t k = 0; k < count; k++)
    for (size_t i = 2; i < m; i += 2) {
      TURN(re, im, i, k, 1)
      OUT(i - 1, 0, k) = IN(i - 1, k, 0) + re;
      OUT(m - i - 1, 1, k) = IN(i - 1, k, 0) - re;
      OUT(i, 0, k) = im + IN(i, k, 0);
      OUT(m - i, 1, k) = im - IN(i, k, 0);
    }
}
#undef RADIX

#define RADIX 3
void fresh__fft_radix3(size_t m, size_t count, const double *restrict in, double *restrict out,
                       const double *w) {
  const double c1 = -0.5, s1 = 0.86602540378443864676;
  for (size_t k = 0; k < count; k++) {
    double sum = IN(0, k, 1) + IN(0, k, 2);
    OUT(0, 0, k) = IN(0, k, 0) + sum;
    OUT(0, 2, k) = s1 * (IN(0, k, 2) - IN(0, k, 1));
    OUT(m - 1, 1, k) = IN(0, k, 0) + c1 * sum;
  }
  for (size_t k = 0; k < count; k++)
    for (size_t i = 2; i < m; i += 2) {
      TURN(re1, im1, i, k, 1)
      TURN(re2, im2, i, k, 2)
      double sum_re = re1 + re2, sum_im = im1 + im2;
      OUT(i - 1, 0, k) = IN(i - 1, k, 0) + sum_re;
      OUT(i, 0, k) = IN(i, k, 0) + sum_im;
      double a_re = IN(i - 1, k, 0) + c1 * sum_re, a_im = IN(i, k, 0) + c1 * sum_im;
      double b_re = s1 * (im1 - im2), b_im = s1 * (re2 - re1);
      OUT(i - 1, 2, k) = a_re + b_re;
      OUT(m - i - 1, 1, k) = a_re - b_re;
      OUT(i, 2, k) = b_im + a_im;
      OUT(m - i, 1, k) = b_im - a_im;
    }
}
#undef RADIX

#define RADIX 4
void fresh__fft_radix4(size_t m, size_t count, const double *restrict in, double *restrict out,
                       const double *w) {
  const double half = 0.70710678118654752440;
  for (size_t k = 0; k < count; k++) {
    double odd = IN(0, k, 3) + IN(0, k, 1), even = IN(0, k, 0) + IN(0, k, 2);
    OUT(0, 2, k) = IN(0, k, 3) - IN(0, k, 1);
    OUT(m - 1, 1, k) = IN(0, k, 0) - IN(0, k, 2);
    OUT(0, 0, k) = even + odd;
    OUT(m - 1, 3, k) = even - odd;
  }
  if (m % 2 == 0)
    for (size_t k = 0; k < count; k++) {
      double im = -half * (IN(m - 1, k, 1) + IN(m - 1, k, 3));
      double re = half * (IN(m - 1, k, 1) - IN(m - 1, k, 3));
      OUT(m - 1, 0, k) = IN(m - 1, k, 0) + re;
      OUT(m - 1, 2, k) = IN(m - 1, k, 0) - re;
      OUT(0, 3, k) = im + IN(m - 1, k, 2);
      OUT(0, 1, k) = im - IN(m - 1, k, 2);
    }
  for (size_t k = 0; k < count; k++)
    for (size_t i = 2; i < m; i += 2) {
      TURN(re1, im1, i, k, 1)
      TURN(re2, im2, i, k, 2)
      TURN(re3, im3, i, k, 3)
      double odd_re = re3 + re1, cross_re = re3 - re1, odd_im = im1 + im3, cross_im = im1 - im3;
      double even_re = IN(i - 1, k, 0) + re2, other_re = IN(i - 1, k, 0) - re2;
      double even_im = IN(i, k, 0) + im2, other_im = IN(i, k, 0) - im2;
      OUT(i - 1, 0, k) = even_re + odd_re;
      OUT(m - i - 1, 3, k) = even_re - odd_re;
      OUT(i, 0, k) = odd_im + even_im;
      OUT(m - i, 3, k) = odd_im - even_im;
      OUT(i - 1, 2, k) = other_re + cross_im;
      OUT(m - i - 1, 1, k) = other_re - cross_im;
      OUT(i, 2, k) = cross_re + other_im;
      OUT(m - i, 1, k) = cross_re - other_im;
    }
}
#undef RADIX

#define RADIX 5
void fresh__fft_radix5(size_t m, size_t count, const double *restrict in, double *restrict out,
                       const double *w) {
  const double c1 = 0.3090169943749474241, s1 = 0.95105651629515357212;
  const double c2 = -0.8090169943749474241, s2 = 0.58778525229247312917;
  for (size_t k = 0; k < count; k++) {
    double sum1 = IN(0, k, 4) + IN(0, k, 1), dif1 = IN(0, k, 4) - IN(0, k, 1);
    double sum2 = IN(0, k, 3) + IN(0, k, 2), dif2 = IN(0, k, 3) - IN(0, k, 2);
    OUT(0, 0, k) = IN(0, k, 0) + sum1 + sum2;
    OUT(m - 1, 1, k) = IN(0, k, 0) + c1 * sum1 + c2 * sum2;
    OUT(0, 2, k) = s1 * dif1 + s2 * dif2;
    OUT(m - 1, 3, k) = IN(0, k, 0) + c2 * sum1 + c1 * sum2;
    OUT(0, 4, k) = s2 * dif1 - s1 * dif2;
  }
  for (size_t k = 0; k < count; k++)
    for (size_t i = 2; i < m; i += 2) {
      TURN(re1, im1, i, k, 1)
      TURN(re2, im2, i, k, 2)
      TURN(re3, im3, i, k, 3)
      TURN(re4, im4, i, k, 4)
      double sum1_re = re4 + re1, dif1_im = re4 - re1, sum1_im = im1 + im4, dif1_re = im1 - im4;
      double sum2_re = re3 + re2, dif2_im = re3 - re2, sum2_im = im2 + im3, dif2_re = im2 - im3;
      OUT(i - 1, 0, k) = IN(i - 1, k, 0) + sum1_re + sum2_re;
      OUT(i, 0, k) = IN(i, k, 0) + sum1_im + sum2_im;
      double a1_re = IN(i - 1, k, 0) + c1 * sum1_re + c2 * sum2_re;
      double a1_im = IN(i, k, 0) + c1 * sum1_im + c2 * sum2_im;
      double a2_re = IN(i - 1, k, 0) + c2 * sum1_re + c1 * sum2_re;
      double a2_im = IN(i, k, 0) + c2 * sum1_im + c1 * sum2_im;
      double b1_re = s1 * dif1_re + s2 * dif2_re, b2_re = s2 * dif1_re - s1 * dif2_re;
      double b1_im = s1 * dif1_im + s2 * dif2_im, b2_im = s2 * dif1_im - s1 * dif2_im;
      OUT(i - 1, 2, k) = a1_re + b1_re;
      OUT(m - i - 1, 1, k) = a1_re - b1_re;
      OUT(i, 2, k) = b1_im + a1_im;
      OUT(m - i, 1, k) = b1_im - a1_im;
      OUT(i - 1, 4, k) = a2_re + b2_re;
      OUT(m - i - 1, 3, k) = a2_re - b2_re;
      OUT(i, 4, k) = b2_im + a2_im;
      OUT(m - i, 3, k) = b2_im - a2_im;
    }
}
#undef RADIX

/* j l mod p after (j - 1) l mod p. */
static inline size_t next(size_t at, size_t l, size_t p) {
  return at + l < p ? at + l : at + l - p;
}

/* sum + t[l mod p] v[1] + t[2 l mod p] v[2] + ..., (p - 1) / 2 terms: the first two one by one,
 * then four at once as long as it goes, then two, then one. */
static double mix(const double *t, size_t p, size_t l, const double *v, double sum) {
  size_t h = (p - 1) / 2, at = next(l, l, p);
  sum = sum + t[l] * v[1] + t[at] * v[2];
  for (size_t j = 3, n; j <= h; j += n) {
    n = j + 3 <= h ? 4 : j + 1 <= h ? 2 : 1;
    double part = t[at = next(at, l, p)] * v[j];
    for (size_t i = 1; i < n; i++) part += t[at = next(at, l, p)] * v[j + i];
    sum += part;
  }
  return sum;
}

#define RADIX p
void fresh__fft_radix_any(size_t p, size_t m, size_t count, const double *restrict in,
                          double *restrict out, const double *w, const double *t) {
  double sum_re[FRESH_FFT_MOST_RADIX / 2 + 1], sum_im[FRESH_FFT_MOST_RADIX / 2 + 1];
  double dif_re[FRESH_FFT_MOST_RADIX / 2 + 1], dif_im[FRESH_FFT_MOST_RADIX / 2 + 1];
  size_t h = (p - 1) / 2;
  for (size_t k = 0; k < count; k++) {
    double total = IN(0, k, 0);
    for (size_t j = 1; j <= h; j++) {
      sum_re[j] = IN(0, k, j) + IN(0, k, p - j);
      dif_re[j] = IN(0, k, p - j) - IN(0, k, j);
      total = total + sum_re[j];
    }
    OUT(0, 0, k) = total;
    for (size_t l = 1; l <= h; l++) {
      OUT(m - 1, 2 * l - 1, k) = mix(t, p, l, sum_re, IN(0, k, 0));
      OUT(0, 2 * l, k) = mix(t + p, p, l, dif_re, 0);
    }
    for (size_t i = 2; i < m; i += 2) {
      double total_re = IN(i - 1, k, 0), total_im = IN(i, k, 0);
      for (size_t j = 1; j <= h; j++) {
        TURN(re1, im1, i, k, j)
        TURN(re2, im2, i, k, p - j)
        sum_re[j] = re1 + re2;
        sum_im[j] = im1 + im2;
        dif_re[j] = im1 - im2;
        dif_im[j] = re2 - re1;
        total_re = total_re + sum_re[j];
        total_im = total_im + sum_im[j];
      }
      OUT(i - 1, 0, k) = total_re;
      OUT(i, 0, k) = total_im;
      for (size_t l = 1; l <= h; l++) {
        double a_re = mix(t, p, l, sum_re, IN(i - 1, k, 0));
        double a_im = mix(t, p, l, sum_im, IN(i, k, 0));
        double b_re = mix(t + p, p, l, dif_re, 0);
        double b_im = mix(t + p, p, l, dif_im, 0);
        OUT(i - 1, 2 * l, k) = a_re + b_re;
        OUT(m - i - 1, 2 * l - 1, k) = a_re - b_re;
        OUT(i, 2 * l, k) = b_im + a_im;
        OUT(m - i, 2 * l - 1, k) = b_im - a_im;
      }
    }
  }
}
#undef RADIX
#undef TURN
#undef OUT
#undef IN
