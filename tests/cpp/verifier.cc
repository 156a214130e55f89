/*
 * verifier.cc: flatc's verifier accepts every buffer that ours accepts. The buffers are golden ones
 * with one changed byte, prefixes of golden ones, and random ones with more changes; golden ones
 * come from our encoder and from flatc's code. A buffer that only flatc's verifier accepts must be
 * rejected for one of the reasons below. verifier [SEED [COUNT]], COUNT of each.
 */
#include "buffers.h"

namespace
{

struct Tally {
    unsigned long tried = 0;
    unsigned long accepted = 0;
    unsigned long stricter = 0; /* accepted by flatc's verifier only */
};

/* Reasons to reject a buffer that flatc's verifier accepts. */
struct Reason {
    const char *text; /* beginning of our error, after the path */
    const char *why;
    unsigned long seen;
};

Reason reasons[] = {
    {"out of range", "the schema's @range", 0},
    {"longer than", "the schema's @max", 0},
    {"more elements than", "the schema's @max", 0},
    {"not UTF-8", "flatc's does not look into strings", 0},
    {"not inside its table", "flatc's holds a field against the end of the buffer only", 0},
    {"a table that ends outside", "flatc's does not look at the size of a table", 0},
    {"a vtable that lies outside",
     "flatc's lets a vtable lie on the root's offset and the identifier", 0},
    {"a vtable that ends outside",
     "flatc's lets a vtable be shorter than the two sizes that it begins with", 0},
    {"an offset that leads outside", "flatc's follows an element's offset of 0", 0},
    {"a vector that is not aligned", "flatc's aligns the length of a vector, not its elements", 0},
    {"a type without a value", "flatc's takes a union's type and its value each for itself", 0},
    {"parts shared too often", "the work is bounded by the length of the buffer", 0},
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

void Note(const catga_problem &problem)
{
    const char *colon = std::strrchr(problem.text, ':');
    const char *text = colon == nullptr ? problem.text : colon + 2;

    for (Reason &reason : reasons)
        if (std::strncmp(text, reason.text, std::strlen(reason.text)) == 0) {
            reason.seen++;
            return;
        }
    std::fprintf(stderr, "refused by us alone, for a reason that is not listed: %s\n",
                 problem.text);
    std::exit(1);
}

/* Verifies in memory that ends with the bytes. */
void Try(const Golden &golden, const Bytes &bytes, Tally &tally)
{
    const uint8_t *root;
    catga_problem problem;

    const Bytes exact(bytes.begin(), bytes.end());
    const bool ours =
        catga_verify(golden.table, exact.data(), exact.size(), &root, &problem) == CATGA_OK;
    const bool theirs = golden.accepts(*golden.table, exact.data(), exact.size());
    if (ours && !theirs)
        Fail(golden, bytes);
    tally.tried++;
    tally.accepted += ours;
    tally.stricter += theirs && !ours;
    if (theirs && !ours)
        Note(problem);
}

void TryNear(const Golden &golden, const Bytes &whole, Tally &tally)
{
    const unsigned long accepted = tally.accepted;

    Try(golden, whole, tally);
    CHECK(tally.accepted == accepted + 1);
    Bytes bytes = whole;
    for (size_t i = 0; i < whole.size(); i++) {
        for (int value = 0; value < 256; value++) {
            bytes[i] = static_cast<uint8_t>(value);
            Try(golden, bytes, tally);
        }
        bytes[i] = whole[i];
    }
    for (size_t length = 0; length < whole.size(); length++)
        Try(golden, Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)),
            tally);
}

/* Stores a number aligned to `size`, where offsets, lengths and entries of vtables are. */
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
    const uint32_t telling[] = {0,          1,          2,          4,          8,         length,
                                length - 4, 0x7fffffff, 0x80000000, 0xfffffffc, 0xffffffff};

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
        bytes.resize(
            Random(state) % 4 == 0 ? Random(state) % (length + 1) : length + Random(state) % 16, 0);
        break;
    }
}

void TryFar(const Golden &golden, const Bytes &whole, unsigned long count, uint64_t &state,
            Tally &tally)
{
    for (unsigned long i = 0; i < count; i++) {
        Bytes bytes = whole;
        for (uint32_t steps = 1 + Random(state) % 4; steps > 0; steps--)
            Mutate(bytes, state);
        Try(golden, bytes, tally);
    }
}

} // namespace

int main(int count, char **arguments)
{
    uint64_t state = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 1;
    const unsigned long mutations = count > 2 ? std::strtoul(arguments[2], nullptr, 10) : 100000;
    Tally tally;

    for (const Golden &golden : goldens) {
        const Bytes ours = Encode(golden);
        const Bytes theirs = golden.rewrite(*golden.table, ours);
        for (const Bytes &whole : {ours, theirs}) {
            TryNear(golden, whole, tally);
            TryFar(golden, whole, mutations, state, tally);
        }
    }
    std::printf("%lu buffers, %lu accepted, %lu accepted by flatc's verifier alone\n", tally.tried,
                tally.accepted, tally.stricter);
    for (const Reason &reason : reasons)
        std::printf("%10lu  %-28s  %s\n", reason.seen, reason.text, reason.why);
    return 0;
}
