#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write ml/powers_of_ten.h: 10^e to 128 bits, with exact integers.

    scripts/make_powers_of_ten.py > ml/powers_of_ten.h
"""

FIRST, LAST = -342, 324  # parsing needs -342 to 308, formatting -292 to 324
BITS = 128


def significand(e):
    """The leading 128 bits of 10^e, rounded down."""
    if e >= 0:
        n = 10**e
        shift = BITS - n.bit_length()
        return n << shift if shift >= 0 else n >> -shift
    n = 10**-e
    quotient = (1 << (n.bit_length() + BITS)) // n
    return quotient >> (quotient.bit_length() - BITS)


def main():
    print("/* SPDX-License-Identifier: GPL-3.0-or-later */")
    print("/* Powers of ten for number_powers.c; made by scripts/make_powers_of_ten.py. */")
    print("/* clang-format off */")
    for e in range(FIRST, LAST + 1):
        t = significand(e)
        assert 1 << (BITS - 1) <= t < (1 << BITS) - 1
        high, low = t >> 64, t & ((1 << 64) - 1)
        print(f"{{0x{high:016X}, 0x{low:016X}}}, /* 1e{e} */")


if __name__ == "__main__":
    main()
