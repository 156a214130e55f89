/*
 * verifier.cc: what our verifier accepts, flatc's accepts too: for every buffer that differs from a golden one in one byte
 * or is a beginning of it, and for random ones that differ in more. verifier [SEED [COUNT]], COUNT of each.
 */
#include "buffers.h"

namespace {

struct Tally {
    unsigned long tried = 0;
    unsigned long accepted = 0;
    unsigned long stricter = 0; /* accepted by flatc's only */
};

uint32_t Random(uint64_t &state)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return static_cast<uint32_t>(state >> 33);
}

[[noreturn]] void Fail(const Golden &golden, const Bytes &bytes)
{
    std::fprintf(stderr, "%s is accepted by us alone:\n", golden.table->name);
    for (uint8_t byte : bytes)
        std::fprintf(stderr, "%02x", byte);
    std::fprintf(stderr, "\n");
    std::exit(1);
}

/* In memory that ends where the bytes end. */
void Try(const Golden &golden, const Bytes &bytes, Tally &tally)
{
    const uint8_t *root;
    const Bytes exact(bytes.begin(), bytes.end());
    const bool ours = catga_verify(golden.table, exact.data(), exact.size(), &root, nullptr) == CATGA_OK;
    const bool theirs = golden.accepts(*golden.table, exact.data(), exact.size());
    if (ours && !theirs)
        Fail(golden, bytes);
    tally.tried++;
    tally.accepted += ours;
    tally.stricter += theirs && !ours;
}

void TryNear(const Golden &golden, Tally &tally)
{
    const Bytes whole = Encode(golden);
    Try(golden, whole, tally);
    CHECK(tally.accepted > 0);
    Bytes bytes = whole;
    for (size_t i = 0; i < whole.size(); i++) {
        for (int value = 0; value < 256; value++) {
            bytes[i] = static_cast<uint8_t>(value);
            Try(golden, bytes, tally);
        }
        bytes[i] = whole[i];
    }
    for (size_t length = 0; length < whole.size(); length++)
        Try(golden, Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)), tally);
}

/* Stores a number as long as `size` where such numbers lie: offsets, lengths, entries of vtables. */
void StoreAt(Bytes &bytes, size_t size, uint32_t value, uint64_t &state)
{
    if (bytes.size() < size)
        return;
    const size_t at = Random(state) % (bytes.size() / size) * size;
    for (size_t i = 0; i < size; i++)
        bytes[at + i] = static_cast<uint8_t>(value >> (8 * i));
}

void Mutate(Bytes &bytes, uint64_t &state)
{
    const auto length = static_cast<uint32_t>(bytes.size());
    const uint32_t telling[] = {0, 1, 2, 4, 8, length, length - 4, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff};
    switch (Random(state) % 6) {
    case 0:
        StoreAt(bytes, 1, Random(state), state);
        break;
    case 1:
        StoreAt(bytes, 4, telling[Random(state) % (sizeof telling / sizeof *telling)], state);
        break;
    case 2:
        StoreAt(bytes, 4, Random(state) % (length + 8) / 4 * 4, state);
        break;
    case 3:
        StoreAt(bytes, 2, Random(state) % 64 / 2 * 2, state);
        break;
    case 4: {
        const uint32_t value = Random(state) % 100;
        StoreAt(bytes, 4, value - 50, state);
        break;
    }
    default:
        bytes.resize(Random(state) % 4 == 0 ? Random(state) % (length + 1) : length + Random(state) % 16, 0);
        break;
    }
}

void TryFar(const Golden &golden, unsigned long count, uint64_t &state, Tally &tally)
{
    const Bytes whole = Encode(golden);
    for (unsigned long i = 0; i < count; i++) {
        Bytes bytes = whole;
        for (uint32_t steps = 1 + Random(state) % 4; steps > 0; steps--)
            Mutate(bytes, state);
        Try(golden, bytes, tally);
    }
}

}

int main(int count, char **arguments)
{
    uint64_t state = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 1;
    const unsigned long mutations = count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 200000;
    Tally tally;
    for (const Golden &golden : goldens) {
        TryNear(golden, tally);
        TryFar(golden, mutations, state, tally);
    }
    std::printf("%lu buffers, %lu accepted, %lu accepted by flatc's verifier alone\n", tally.tried, tally.accepted,
                tally.stricter);
    return 0;
}
