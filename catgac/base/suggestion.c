/* suggestion.c -- see suggestion.h. */
#include "base/suggestion.h"

enum { SUGGESTION_LENGTH_LIMIT = 64 };

static char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter + 'a' - 'A') : letter;
}

static size_t least(size_t first, size_t second, size_t third)
{
    size_t smaller = first < second ? first : second;

    return smaller < third ? smaller : third;
}

static bool same_letter(slice from, size_t i, slice to, size_t j)
{
    return lower(from.data[i]) == lower(to.data[j]);
}

/* Returns the optimal string alignment distance, ignoring case. Keeps three rows of the matrix.
 * Both texts have at most SUGGESTION_LENGTH_LIMIT letters. */
static size_t edit_distance(slice from, slice to)
{
    size_t rows[3][SUGGESTION_LENGTH_LIMIT + 1];

    for (size_t j = 0; j <= to.length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= from.length; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *above_that = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= to.length; j++) {
            size_t change = same_letter(from, i - 1, to, j - 1) ? 0 : 1;
            row[j] = least(above[j] + 1, row[j - 1] + 1, above[j - 1] + change);
            if (i > 1 && j > 1 && same_letter(from, i - 1, to, j - 2) &&
                same_letter(from, i - 2, to, j - 1))
                row[j] = least(row[j], row[j], above_that[j - 2] + 1);
        }
    }
    return rows[from.length % 3][to.length];
}

suggestion suggestion_for(slice wanted)
{
    size_t tolerated = wanted.length < 3 ? 0 : wanted.length < 6 ? 1 : 2;

    return (suggestion){.wanted = wanted, .distance = tolerated + 1};
}

void suggestion_consider(suggestion *search, slice candidate)
{
    size_t length = search->wanted.length;

    size_t difference =
        length > candidate.length ? length - candidate.length : candidate.length - length;
    if (difference >= search->distance || length > SUGGESTION_LENGTH_LIMIT ||
        candidate.length > SUGGESTION_LENGTH_LIMIT)
        return;
    size_t distance = edit_distance(search->wanted, candidate);
    if (distance < search->distance) {
        search->best = candidate;
        search->distance = distance;
    }
}
