/* rules.c -- reports the changes that the chosen rules cover; see rules.h. */
#include "breaking/rules.h"

#include "breaking/comparison.h"

#include <string.h>

typedef struct rule {
    diag_code code;
    breaking_level level;
    const char *who;
    const char *why;
} rule;

static const rule rules[] = {
#define RULE(name, code, level, who, why) {DIAG_##name, LEVEL_##level, who, why},
#include "base/rules.def"
#undef RULE
};

bool breaking_has_rule(const char *code)
{
    for (size_t i = 0; i < RULE_COUNT; i++) {
        if (strcmp(code, diag_code_text(rules[i].code)) == 0)
            return true;
    }
    return false;
}

static bool is_asked_for(const breaking_choice *choice, const rule *broken)
{
    if (!choice->levels[broken->level])
        return false;
    for (size_t i = 0; i < choice->allowed_count; i++) {
        if (strcmp(choice->allowed[i], diag_code_text(broken->code)) == 0)
            return false;
    }
    return true;
}

void report(comparison *c, breaking_rule name, span place, span old_place, const char *format, ...)
{
    const rule *broken = &rules[name];

    if (!is_asked_for(c->choice, broken))
        return;
    buffer what = buffer_in(c->memory);
    va_list arguments;
    va_start(arguments, format);
    buffer_vprintf(&what, format, arguments);
    va_end(arguments);
    diag_report(c->diags, broken->code, place, "%s; this breaks %s: %s", what.data, broken->who,
                broken->why);
    diag_note(c->diags, old_place, "the older declaration is here");
}
