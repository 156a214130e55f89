/* Writes a note, or reads it: caller TOKEN [TEXT]. An empty token sends no header. */
#include "notes.catga.h"

#include <stdio.h>

static void print(catga_status status, const notes_note_reply *reply)
{
    if (status == CATGA_OK)
        printf("%.*s\n", CATGA_PRINT(notes_note_get_text(reply->view)));
    else
        printf("%s %u %.*s\n", catga_status_name(status), reply->error.code,
               CATGA_PRINT(reply->error.text));
}

int main(int count, char **arguments)
{
    char value[256];
    const catga_header login = {"Authorization", value};
    notes_note_reply reply;
    catga_bus *bus;

    if (count < 2 || catga_open(&bus, NULL) != CATGA_OK)
        return 2;
    snprintf(value, sizeof value, "Bearer %s", arguments[1]);
    catga_bus with = catga_with_headers(bus, &login, arguments[1][0] != '\0');
    catga_status status =
        count > 2 ? notes_write_note_call(&with, &NOTES_WRITE_NOTE(.text = catga_str(arguments[2])),
                                          &reply)
                  : notes_read_note_call(&with, &NOTES_READ_NOTE(), &reply);
    print(status, &reply);
    notes_note_reply_free(&reply);
    catga_close(bus);
    return status == CATGA_OK ? 0 : 1;
}
