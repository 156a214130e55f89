/* settings.h -- the list settings.def as a table, for the checker and for printing. */
#ifndef CATGAC_SETTINGS_H
#define CATGAC_SETTINGS_H

#include "model/model.h"

typedef enum setting_form {
    FORM_DURATION,
    FORM_NUMBER,
    FORM_ODD,
    FORM_WORD,
    FORM_TEXT
} setting_form;

typedef enum setting_place { IN_STREAM = 1, IN_BUCKET = 2, IN_OBJECTS = 4 } setting_place;

typedef struct setting_rule {
    slice word;
    setting_form form;
    unsigned places; /* of setting_place */
    uint64_t least;
    uint64_t most;
    const char *rule; /* the text of an error; of FORM_WORD the words, with blanks between them */
} setting_rule;

const setting_rule *setting_rule_of(setting_kind kind);

/* Returns a word of a rule of FORM_WORD, or the empty slice after the last one. */
slice setting_word_at(const setting_rule *rule, size_t index);

#endif
