/* A reader of JSON, as much as the protocol needs: a line becomes a tree.

   Texts stay in the line, which is changed for it. Nodes, and all that is made of them, come from
   one arena, which is given back as a whole before the next line. */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 64 }; /* lists and objects in one another; the suite's questions have 7 */

typedef struct Json Json;
struct Json {
    char kind; /* its first character: { [ " t f n, or one of a number */
    const char *key, *text;
    double number;
    int count; /* of entries, which begin with first */
    Json *first, *next;
    void *cache; /* what was made of it */
};

static struct Chunk {
    struct Chunk *before;
    size_t used, size;
    double data[]; /* double: aligned for all that is taken */
} *arena;

static void die(const char *why)
{
    fprintf(stderr, "iaf_testee: %s\n", why);
    exit(2);
}

/* Zeroed memory for count things of a size, until release. */
static void *take(size_t count, size_t size)
{
    size_t cells = (count * size + sizeof(double)) / sizeof(double);
    if (arena == NULL || arena->size - arena->used < cells) {
        size_t room = cells > 1 << 17 ? cells : 1 << 17;
        struct Chunk *chunk = calloc(1, sizeof *chunk + room * sizeof(double));
        if (chunk == NULL)
            die("expected memory, got none");
        chunk->before = arena, chunk->size = room, arena = chunk;
    }
    arena->used += cells;
    return arena->data + (arena->used - cells);
}

static void release(void)
{
    while (arena != NULL) {
        struct Chunk *before = arena->before;
        free(arena);
        arena = before;
    }
}

static char *cursor; /* what is to be read next */

static char peek(void)
{
    while (*cursor == ' ' || *cursor == '\t' || *cursor == '\r' || *cursor == '\n')
        cursor++;
    return *cursor;
}

/* A text, in place; of an escape the backslash goes, as no text with one matters here. */
static const char *read_text(void)
{
    char *to = ++cursor, *begin = to;
    for (; *cursor != '"'; *to++ = *cursor++) {
        if (*cursor == '\\' && cursor[1] != '\0')
            cursor++;
        if (*cursor == '\0')
            die("expected the end of a text, got the end of the line");
    }
    cursor++;
    *to = '\0';
    return begin;
}

/* What stands at the cursor, in so many lists and objects. */
static Json *read_json(int depth)
{
    Json *json = take(1, sizeof *json), **end = &json->first;
    json->kind = peek();
    if (json->kind == '"') {
        json->text = read_text();
    } else if (json->kind == '{' || json->kind == '[') {
        char close = json->kind == '{' ? '}' : ']';
        if (depth == DEEPEST)
            die("expected lists and objects in one another 64 deep at most, got more");
        for (cursor++; peek() != close; json->count++) {
            const char *key = json->kind == '{' ? read_text() : NULL;
            if (key != NULL && peek() == ':')
                cursor++;
            *end = read_json(depth + 1);
            (*end)->key = key;
            end = &(*end)->next;
            if (peek() == ',')
                cursor++;
        }
        cursor++;
    } else if (strchr("tfn", json->kind) != NULL && json->kind != '\0') {
        while (*cursor >= 'a' && *cursor <= 'z')
            cursor++;
    } else {
        char *begin = cursor;
        json->number = strtod(begin, &cursor);
        if (cursor == begin)
            die("expected JSON, got something else");
    }
    return json;
}

/* The entry of an object, or NULL. */
static Json *get(const Json *json, const char *key)
{
    Json *entry = json == NULL ? NULL : json->first;
    while (entry != NULL && (entry->key == NULL || strcmp(entry->key, key) != 0))
        entry = entry->next;
    return entry;
}

/* The entry of an object that has to have it. */
static Json *need(const Json *json, const char *key)
{
    Json *entry = get(json, key);
    if (entry == NULL)
        fprintf(stderr, "iaf_testee: %s: ", key), die("expected this key, got a message without");
    return entry;
}

/* An entry of a list, by its number. */
static Json *entry(const Json *list, int number)
{
    Json *found = list->first;
    while (number-- > 0 && found != NULL)
        found = found->next;
    return found;
}

static int is(const Json *json, const char *text)
{
    return json != NULL && json->text != NULL && strcmp(json->text, text) == 0;
}

/* Which of some names a text is; NULL ends them. */
static int which(const Json *json, const char *const *names)
{
    int k = 0;
    while (names[k] != NULL && !is(json, names[k]))
        k++;
    if (names[k] == NULL)
        die("expected a name that was announced, got another");
    return k;
}

/* A degree, an index or a length: nothing else is an integer here. */
static int integer(const Json *json)
{
    double number = strchr("{[\"tfn", json->kind) == NULL ? json->number : -1;
    if (!(number >= 0 && number <= INT_MAX) || number != (int)number) /* NaN is in no range */
        die("expected an integer from 0 on that int holds, got another value");
    return (int)number;
}

/* Integers of a list, read once. */
static int *integers(Json *list)
{
    if (list->cache == NULL) {
        int *to = list->cache = take((size_t)list->count, sizeof(int));
        for (const Json *entry = list->first; entry != NULL; entry = entry->next)
            *to++ = integer(entry);
    }
    return list->cache;
}
