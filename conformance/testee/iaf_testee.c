/* A testee in C99: Inverse Autoregressive Flow behind the protocol of ../PROTOCOL.md.

       cc -std=c99 -O2 -o iaf_testee iaf_testee.c -lm
       iaf-ref conform --exec ./iaf_testee

   json.h reads the questions, flow.h is the mathematics. It is written to be read: what a message
   says is looked up where it is needed. -DBUG=1 makes one mistake, in MASK-5 and MASK-6. */

#include "json.h"

#include <tgmath.h>

#ifndef BUG
#define BUG 0
#endif

/* ---- what is supported: names of PROTOCOL.md, in the order of enumerations and functions ---- */

enum Kind { AFFINE, PERMUTATION, INVERSE, CHAIN };
enum Scale { EXP, SOFTCLIP, SOFTPLUS, SIGMOID, GATED };
static const char *const kinds[] = {"affine", "permutation", "inverse", "chain", NULL};
static const char *const scales[] = {"exp", "softclip", "softplus", "sigmoid", "gated", NULL};
static const char *const activations[] = {"relu",    "tanh",     "elu",  "leaky_relu",
                                          "sigmoid", "softplus", "gelu", "silu",       NULL};
static const char *const bases[] = {"normal", "independent", "diagonal", "tril", NULL};

/* ---- the network's units and masks: MASK-4 to MASK-6, and MASK-9 on a graph ---- */

typedef struct {
    int count, *label; /* degrees; on a graph variables, or columns where it is the input */
} Units;

typedef struct {
    Json *text, *weights;
    const char *prefix; /* of the names of the weights */
    int dim, context, layers, *degree, top; /* degrees of the variables, and the greatest */
    int **parents; /* of a graph, (D, C + D); else NULL */
    Units *units;  /* 0: the input, context first; 1 to layers: hidden; layers + 1: the output */
} Net;

/* The network of an affine step, read once. */
static const Net *read_net(Json *text, Json *weights, const char *prefix)
{
    if (text->cache != NULL)
        return text->cache;
    Json *degrees = need(text, "degrees"), *hidden = need(text, "hidden_degrees");
    Net *net = text->cache = take(1, sizeof *net);
    *net = (Net){text, weights, prefix, degrees->count, integer(need(text, "context_dim")),
                 hidden->count, integers(degrees), 0, NULL, NULL};
    int columns = net->context + net->dim, *number = take((size_t)columns, sizeof(int));
    int *degree = take((size_t)columns, sizeof(int)), row = 0;
    for (int k = 0; k < columns; k++) {
        number[k] = k;
        degree[k] = k < net->context ? 0 : net->degree[k - net->context]; /* MASK-2 */
        net->top = degree[k] > net->top ? degree[k] : net->top;
    }
    if (need(text, "adjacency")->kind == '[')
        net->parents = take((size_t)net->dim, sizeof *net->parents);
    for (Json *list = get(text, "adjacency")->first; list != NULL; list = list->next)
        net->parents[row++] = integers(list);
    Units *units = net->units = take((size_t)net->layers + 2, sizeof *units);
    *units++ = (Units){columns, net->parents ? number : degree};
    for (Json *list = hidden->first; list != NULL; list = list->next)
        *units++ = (Units){list->count, integers(list)};
    *units = (Units){net->dim, net->parents ? number : net->degree};
    return net;
}

/* Whether unit k of one layer may read unit j of another. */
static int reads(const Net *net, int to, int k, int from, int j)
{
    int own = net->units[to].label[k], other = net->units[from].label[j];
    int strict = to > net->layers && !BUG;
    if (net->parents == NULL)
        return strict ? own > other : own >= other;
    if (from == 0)
        return net->parents[own][other];
    for (int column = 0; column < net->units->count; column++) /* a subset? */
        if (net->parents[other][column] && !net->parents[own][column])
            return 0;
    return 1;
}

/* A layer's weight or bias; NULL where there is none. */
static Json *find(const Net *net, const char *name, int layer, const char *part)
{
    char key[256];
    if (layer > net->layers)
        snprintf(key, sizeof key, "%s%s.%s", net->prefix, name, part);
    else
        snprintf(key, sizeof key, "%s%s.%d.%s", net->prefix, name, layer - 1, part);
    return get(net->weights, key);
}

/* ---- batches: SHAPE-1 and SHAPE-2 ---- */

typedef struct {
    int axes, shape[17], rows; /* the event follows in the shape */
} Batch;

/* Length of an axis, counted from the event, which is 0; 1 where there is none. */
static int length(const Json *array, int axis)
{
    Json *shape = array == NULL ? NULL : need(array, "shape");
    return shape == NULL || axis >= shape->count ? 1 : integers(shape)[shape->count - 1 - axis];
}

/* The batch that x or y and the context broadcast to; without rows, and -1 axes, if they do not. */
static Batch broadcast(const Json *event, const Json *context)
{
    int a = need(event, "shape")->count, b = context == NULL ? 0 : need(context, "shape")->count;
    Batch batch = {(a > b ? a : b) - 1, {0}, 1}, none = {-1, {0}, 0};
    if (a < 1 || batch.axes > 16)
        return none;
    batch.shape[batch.axes] = length(event, 0);
    for (int axis = 1; axis <= batch.axes; axis++) {
        int own = length(event, axis), other = context == NULL ? 1 : length(context, axis);
        if (own != other && own != 1 && other != 1)
            return none;
        batch.rows *= batch.shape[batch.axes - axis] = own == 1 ? other : own;
    }
    return batch;
}

/* Where in an array the event of a row of the batch begins. */
static int place(const Json *array, Batch batch, int row)
{
    int found = 0, stride = length(array, 0);
    for (int axis = 1; axis <= batch.axes; axis++) {
        int own = length(array, axis), all = batch.shape[batch.axes - axis];
        found += own == 1 ? 0 : row % all * stride;
        stride *= own, row /= all;
    }
    return found;
}

/* The beginning of an array, its shape; returns its size. */
static int print_shape(int axes, const int *shape)
{
    int size = 1;
    printf("{\"shape\":[");
    for (int k = 0; k < axes; size *= shape[k++])
        printf(k ? ",%d" : "%d", shape[k]);
    printf("],\"data\":[");
    return size;
}

/* ---- the mathematics, in both types: no number of one ever meets the other ---- */

#define JOIN_(name, type) name##_##type
#define JOIN(name, type) JOIN_(name, type)
#define F(name) JOIN(name, REAL)

#define REAL float
#include "flow.h"
#undef REAL
#define REAL double
#include "flow.h"
#undef REAL

/* ---- the protocol ---- */

static void print_names(const char *before, const char *const *names)
{
    printf("%s:[", before);
    for (int k = 0; names[k] != NULL; k++)
        printf(k ? ",\"%s\"" : "\"%s\"", names[k]);
    printf("]");
}

static void announce(void)
{
    printf("{\"version\":1,\"name\":\"iaf-testee-c\",\"device\":\"cpu\"");
    printf(",\"dtypes\":{\"float32\":\"ieee-f32\",\"float64\":\"ieee-f64\"}");
    print_names(",\"supports\":{\"flows\"", kinds);
    print_names(",\"activations\"", activations);
    print_names(",\"scales\"", scales);
    print_names(",\"bases\"", bases);
    printf("},\"environment\":{\"language\":\"C99\"}}\n");
}

static void print_masks(const Net *net)
{
    int last = net->layers + 1, count = last + (find(net, "skip", last, "weight") != NULL);
    for (int k = 1; k <= count; k++) {
        int to = k > last ? last : k, from = k > last ? 0 : k - 1;
        int shape[] = {net->units[to].count, net->units[from].count};
        printf(k > 1 ? "," : "\"values\":{\"masks\":[");
        for (int i = 0, size = print_shape(2, shape); i < size; i++)
            printf(i ? ",%d" : "%d", reads(net, to, i / shape[1], from, i % shape[1]));
        printf("]}");
    }
    printf("]}");
}

static int dimension(Json *flow)
{
    while (get(flow, "transform") != NULL || get(flow, "transforms") != NULL)
        flow = get(flow, "transform") ? get(flow, "transform") : get(flow, "transforms")->first;
    return need(flow, get(flow, "order") ? "order" : "degrees")->count;
}

static void answer(Json *question)
{
    Json *asked = need(question, "question"), *flow = need(question, "flow");
    Json *split = get(question, "per_dimension"), *inputs = need(question, "inputs");
    Json *event = get(inputs, "x") ? get(inputs, "x") : get(inputs, "y");
    Json *context = get(inputs, "context"), *dtype = need(question, "dtype");
    int own = is(asked, "masks") || is(asked, "log_scale") || (split && split->kind == 't');
    if (own && which(need(flow, "kind"), kinds) != AFFINE) {
        printf("\"unsupported\":\"only an affine step has masks, and a log sigma of its own\"");
        return;
    }
    if (is(asked, "masks")) {
        print_masks(read_net(flow, need(question, "weights"), ""));
        return;
    }
    for (const Json *input = inputs->first; input != NULL; input = input->next)
        if (!is(need(input, "dtype"), dtype->text)) { /* TYPE-1 */
            printf("\"error\":{\"kind\":\"dtype\",\"message\":\"%s: expected %s, got another\"}",
                   input->key, dtype->text);
            return;
        }
    Batch batch = broadcast(event, context);
    if (batch.axes < 0 || batch.shape[batch.axes] != dimension(flow)) {
        printf("\"error\":{\"kind\":\"value\",\"message\":\"expected shapes that fit\"}");
        return;
    }
    printf("\"values\":{");
    (is(dtype, "float32") ? answer_float : answer_double)(question, event, context, batch);
    printf("}");
}

/* The next line of standard input without its end, however long; NULL where the input ends. */
static char *read_line(void)
{
    static char *line;
    static size_t room;
    size_t used = 0;
    int c;
    do {
        if ((c = getchar()) == EOF)
            return NULL;
        if (used == room && (line = realloc(line, room = 2 * room + 65536)) == NULL)
            die("expected memory, got none");
        line[used++] = (char)(c == '\n' ? '\0' : c);
    } while (c != '\n');
    return line;
}

int main(void)
{
    while ((cursor = read_line()) != NULL) {
        Json *message = read_json(0), *command = need(message, "cmd");
        if (is(command, "stop"))
            break;
        if (is(command, "start")) {
            announce();
        } else {
            printf("{\"seq\":%.0f,", need(message, "seq")->number);
            answer(message);
            puts("}");
        }
        fflush(stdout);
        release();
    }
    release();
    return 0;
}
