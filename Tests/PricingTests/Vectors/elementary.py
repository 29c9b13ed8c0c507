"""Writes elementary.csv: values of elementary functions, correctly rounded from 60 digits.

Columns: function, argument, second argument (pow only), value; all as Python's hexadecimal floats.
Arguments come from a seeded generator and from the edges of each domain.
"""
import random
import sys

import mpmath as mp

mp.mp.dps = 60  # more for mills below: it is a quotient of two tiny numbers
random.seed(1976)


def spread(low, high, count):
    return [random.uniform(low, high) for _ in range(count)]


def powers(low, high, count):
    return [random.uniform(1, 2) * 2.0 ** random.randint(low, high) for _ in range(count)]


def both(values):
    return values + [-value for value in values]


def to_double(value):
    """The nearest double; mpmath's own conversion rounds subnormal results twice."""
    if value == 0:
        return 0.0
    exponent = mp.floor(mp.log(abs(value), 2))
    step = mp.mpf(2) ** max(exponent - 52, -1074)
    return float(mp.nint(value / step) * step)


def normal(x):
    return mp.erfc(-x / mp.sqrt(2)) / 2


def density(x):
    return mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)


def mills(x):
    with mp.workdps(200):
        return normal(-x) / density(x)


FUNCTIONS = {
    "exp": (mp.exp, spread(-745, 709.7, 300) + spread(-1, 1, 100) + both(powers(-60, -2, 40))
            + [709.78, -708.3, -708.4, -720.5, -744.9, -745.1]),
    "expm1": (mp.expm1, spread(-50, 700, 150) + spread(-1, 1, 150) + both(powers(-60, -2, 40))),
    "log": (mp.log, powers(-1074, 1022, 200) + spread(0.5, 2, 200) + spread(0.999, 1.001, 50)
            + [5e-324, 2.2250738585072014e-308, 1.7976931348623157e308]),
    "log1p": (mp.log1p, powers(-60, 40, 200) + spread(-0.999, 1, 200) + both(powers(-60, -2, 40))),
    "normalDensity": (density, spread(-38.5, 38.5, 200) + spread(-3, 3, 100)),
    "normalDistribution": (normal, spread(-38.4, 0, 250) + spread(-3, 3, 100) + spread(0, 9, 50)),
    "millsRatio": (mills, spread(0, 40, 200) + spread(-5, 1, 50) + powers(5, 200, 30)),
    "sin": (mp.sin, spread(-10, 10, 200) + both(powers(-30, 49, 100))
            + [float(k * mp.pi / 2) for k in range(-40, 41) if k]),
    "cos": (mp.cos, spread(-10, 10, 200) + both(powers(-30, 49, 100))
            + [float(k * mp.pi / 2) for k in range(-40, 41)]),
    "atan": (mp.atan, spread(-3, 3, 200) + both(powers(-30, 60, 60))),
    "tanh": (mp.tanh, spread(-3, 3, 150) + both(powers(-30, 5, 60))),
}


def main():
    sys.stdout.write("function,x,y,value\n")
    for name, (function, arguments) in FUNCTIONS.items():
        for x in arguments:
            value = to_double(function(mp.mpf(x)))
            sys.stdout.write(f"{name},{x.hex()},,{value.hex()}\n")
    for _ in range(300):
        x = random.uniform(1, 2) * 2.0 ** random.randint(-1074, 1022)
        if random.random() < 0.5:
            x = random.uniform(0.5, 2)
        y = random.uniform(-1, 1) * 700 / max(abs(float(mp.log(x))), 1e-3)
        value = to_double(mp.power(mp.mpf(x), mp.mpf(y)))
        sys.stdout.write(f"pow,{x.hex()},{y.hex()},{value.hex()}\n")


main()
