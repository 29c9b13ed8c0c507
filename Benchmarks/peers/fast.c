// The peer in C: plain loops, `gcc -O3 -ffast-math`, vectorised exp and log of libmvec.
#include <math.h>
#include <stdio.h>
#include <time.h>

enum { count = 2048 };
static double sign[count], forward[count], strike[count], discount[count], volatility[count],
    years[count], price[count], delta[count], gamma_[count], vega[count];

__attribute__((noinline)) static void values(void)
{
    for (int i = 0; i < count; i++) {
        double root = sqrt(years[i]), deviation = volatility[i] * root;
        double d1 = log(forward[i] / strike[i]) / deviation + 0.5 * deviation;
        double density = discount[i] * exp(-0.5 * d1 * d1) * 0.3989422804014327;
        double gained = 0.5 * erfc(-sign[i] * d1 * 0.7071067811865476);
        double paid = 0.5 * erfc(-sign[i] * (d1 - deviation) * 0.7071067811865476);
        price[i] = sign[i] * discount[i] * (forward[i] * gained - strike[i] * paid);
        delta[i] = sign[i] * discount[i] * gained;
        gamma_[i] = density / (forward[i] * deviation);
        vega[i] = density * forward[i] * root;
    }
}

int main(int argc, char **argv)
{
    FILE *file = argc > 1 ? fopen(argv[1], "rb") : 0;
    double row[7];
    for (int i = 0; i < count; i++) {
        if (!file || fread(row, sizeof row, 1, file) != 1) return 2;
        sign[i] = row[0], forward[i] = row[1], strike[i] = row[2], discount[i] = row[3];
        volatility[i] = row[4], years[i] = row[5];
    }
    double least = 1e300, sum = 0;
    for (int round = 0; round < 300; round++) {
        struct timespec begin, end;
        clock_gettime(CLOCK_MONOTONIC, &begin);
        values();
        clock_gettime(CLOCK_MONOTONIC, &end);
        double time = (double)(end.tv_sec - begin.tv_sec) * 1e9
            + (double)(end.tv_nsec - begin.tv_nsec);
        if (time < least) least = time;
        sum += price[round] + delta[round] + gamma_[round] + vega[round];
    }
    printf("values gcc-ffast-math-libmvec %f\n", least / count);
    return sum == 0;
}
