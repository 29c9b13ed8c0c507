// Jäckel's "Let's be rational" in his own C++, on the peers' options.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <vector>

extern "C" double implied_volatility_from_a_transformed_rational_guess(
    double price, double forward, double strike, double time, double sign);

struct Row {
    double sign, forward, strike, discount, volatility, time, price;
};

int main(int argc, char **argv)
{
    std::vector<Row> rows(2048);
    FILE *file = argc > 1 ? std::fopen(argv[1], "rb") : nullptr;
    if (!file || std::fread(rows.data(), sizeof(Row), rows.size(), file) != rows.size()) return 2;
    double least = 1e300, worst = 0;
    for (int round = 0; round < 30; round++) {
        double sum = 0;
        auto begin = std::chrono::steady_clock::now();
        for (const Row &row : rows) {
            sum += implied_volatility_from_a_transformed_rational_guess(
                row.price, row.forward, row.strike, row.time, row.sign);
        }
        double span = std::chrono::duration<double, std::nano>(
            std::chrono::steady_clock::now() - begin).count();
        if (span < least) least = span;
        if (!(sum > 0)) return 1;
    }
    for (const Row &row : rows) {
        double found = implied_volatility_from_a_transformed_rational_guess(
            row.price, row.forward, row.strike, row.time, row.sign);
        worst = std::fmax(worst, std::fabs(found / row.volatility - 1));
    }
    std::fprintf(stderr, "Jäckel: worst relative error %g\n", worst);
    std::printf("implied Jaeckel-C++ %f\n", least / rows.size());
    return 0;
}
