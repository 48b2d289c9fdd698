/* Flows and densities in the arithmetic of REAL; included once for float and once for double.

   Functions of <tgmath.h> take the type of their argument, and constants are integers or casts: so
   nothing is computed in a wider type than REAL. F(name) is name_float or name_double. */

static REAL F(relu)(REAL a) { return a < 0 ? 0 : a; }
static REAL F(leaky_relu)(REAL a) { return a < 0 ? (REAL)0.01 * a : a; }
static REAL F(elu)(REAL a) { return a < 0 ? expm1(a) : a; }
static REAL F(tanh)(REAL a) { return tanh(a); }
static REAL F(sigmoid)(REAL a) { return a < 0 ? exp(a) / (1 + exp(a)) : 1 / (1 + exp(-a)); }
static REAL F(softplus)(REAL a) { return (a < 0 ? 0 : a) + log1p(exp(-fabs(a))); }
static REAL F(gelu)(REAL a) { return a * ((1 + erf(a / sqrt((REAL)2))) / 2); }
static REAL F(silu)(REAL a) { return a * F(sigmoid)(a); }

static REAL F(number)(const Json *text) { return (REAL)strtod(text->text, NULL); } /* exact */

/* Numbers of an array, read once. */
static const REAL *F(numbers)(Json *array)
{
    if (array->cache == NULL) {
        REAL *to = array->cache = take((size_t)need(array, "data")->count, sizeof(REAL));
        for (const Json *entry = get(array, "data")->first; entry != NULL; entry = entry->next)
            *to++ = F(number)(entry);
    }
    return array->cache;
}

/* ---- the network: NET-1 to NET-6 ---- */

/* From a layer of units to another; an output has two parameters, and so twice the rows. Weights
   outside of the mask hold junk, and are not looked at. */
static void F(affine)(const Net *net, const char *name, int to, int from, const REAL *in, REAL *out)
{
    Json *bias = find(net, name, to, "bias");
    const REAL *weight = F(numbers)(find(net, name, to, "weight"));
    int rows = net->units[to].count, columns = net->units[from].count;
    for (int row = 0; row < (to > net->layers ? 2 : 1) * rows; row++) {
        REAL sum = 0;
        for (int j = 0; j < columns; j++)
            if (reads(net, to, row % rows, from, j))
                sum += weight[row * columns + j] * in[j];
        out[row] = bias == NULL ? out[row] + sum : sum + F(numbers)(bias)[row]; /* skip: no bias */
    }
}

static REAL *F(activate)(const Net *net, int layer, const REAL *from)
{
    REAL (*const functions[])(REAL) = {F(relu),    F(tanh),     F(elu),  F(leaky_relu),
                                       F(sigmoid), F(softplus), F(gelu), F(silu)};
    REAL (*function)(REAL) = functions[which(need(net->text, "activation"), activations)];
    REAL *to = take((size_t)net->units[layer].count, sizeof(REAL));
    for (int k = 0; k < net->units[layer].count; k++)
        to[k] = function(from[k]);
    return to;
}

/* Shifts m of all variables, then their raw scales, at x and context. */
static REAL *F(network)(const Net *net, const REAL *context, const REAL *x)
{
    int residual = need(net->text, "residual")->kind == 't', last = net->layers + 1;
    REAL *input = take((size_t)net->units->count, sizeof(REAL)), *h = input;
    REAL *parameters = take(2 * (size_t)net->dim, sizeof(REAL));
    for (int k = 0; k < net->units->count; k++)
        input[k] = k < net->context ? context[k] : x[k - net->context];
    for (int k = 1; k < last; k++) {
        int block = residual && k > 1; /* h + W' f(W f(h) + b) + b', two layers at a time */
        REAL *to = take((size_t)net->units[k].count, sizeof(REAL));
        F(affine)(net, "hidden", k, k - 1, block ? F(activate)(net, k - 1, h) : h, to);
        if (block) {
            REAL *inner = F(activate)(net, k++, to);
            to = take((size_t)net->units[k].count, sizeof(REAL));
            F(affine)(net, "hidden", k, k - 1, inner, to);
            for (int j = 0; j < net->units[k].count; j++)
                to[j] += h[j];
        }
        h = residual ? to : F(activate)(net, k, to);
    }
    F(affine)(net, "output", last, last - 1, h, parameters);
    if (find(net, "skip", last, "weight") != NULL)
        F(affine)(net, "skip", last, 0, input, parameters);
    return parameters;
}

/* ---- the step: STEP-1 to STEP-6 ---- */

typedef struct {
    REAL mu, sigma, log_sigma;
} F(Step);

static F(Step) F(step)(const Json *scale, REAL m, REAL raw)
{
    REAL low, high, a;
    switch ((enum Scale)which(need(scale, "kind"), scales)) {
    case EXP:
        low = F(number)(need(scale, "min")), high = F(number)(need(scale, "max"));
        a = raw < low ? low : raw > high ? high : raw;
        return (F(Step)){m, exp(a), a};
    case SOFTCLIP:
        a = raw / (1 + fabs(raw / log(F(number)(need(scale, "slope")))));
        return (F(Step)){m, exp(a), a};
    case SOFTPLUS:
        a = F(softplus)(raw + F(number)(need(scale, "shift"))) + F(number)(need(scale, "floor"));
        return (F(Step)){m, a, log(a)};
    case SIGMOID:
        a = F(sigmoid)(raw + F(number)(need(scale, "bias"))) + F(number)(need(scale, "floor"));
        return (F(Step)){m, a, log(a)};
    default: /* GATED: log sigma in log space, and 1 - sigma without cancellation */
        a = raw + F(number)(need(scale, "bias"));
        return (F(Step)){F(sigmoid)(-a) * m, F(sigmoid)(a), -F(softplus)(-a)};
    }
}

/* An affine step on one row, in place, forward or back; log_sigma in nats, one per variable. */
static void F(run_affine)(const Net *net, int back, const REAL *context, REAL *x, REAL *log_sigma)
{
    const Json *scale = need(net->text, "scale");
    REAL *y = take((size_t)net->dim, sizeof(REAL));
    for (int i = 0; i < net->dim; i++)
        y[i] = x[i], x[i] = back ? 0 : x[i];
    for (int degree = back ? 1 : net->top; degree <= net->top; degree++) { /* INV-2 */
        REAL *parameters = F(network)(net, context, back ? x : y);
        for (int i = 0; i < net->dim; i++) {
            if (back && net->degree[i] != degree)
                continue; /* solved already, or 0 until its turn */
            F(Step) step = F(step)(scale, parameters[i], parameters[net->dim + i]);
            x[i] = back ? (y[i] - step.mu) / step.sigma : step.sigma * y[i] + step.mu; /* eq. 10 */
            log_sigma[i] = step.log_sigma;
        }
    }
}

/* Any flow on one row, in place, forward or back; the log-det of that map, in nats. */
static REAL F(run)(Json *text, Json *weights, const char *prefix, int back, const REAL *context,
                   REAL *x, REAL *log_sigma)
{
    REAL log_det = 0;
    switch ((enum Kind)which(need(text, "kind"), kinds)) {
    case INVERSE:
        return F(run)(need(text, "transform"), weights, prefix, !back, context, x, log_sigma);
    case CHAIN:
        for (int k = 0, count = need(text, "transforms")->count; k < count; k++) {
            int number = back ? count - 1 - k : k;
            char *name = take(strlen(prefix) + 16, 1);
            sprintf(name, "%s%d.", prefix, number);
            log_det += F(run)(entry(get(text, "transforms"), number), weights, name, back, context,
                              x, log_sigma);
        }
        return log_det; /* DET-5 */
    case PERMUTATION: {
        int dim = need(text, "order")->count, *order = integers(get(text, "order"));
        REAL *y = memcpy(take((size_t)dim, sizeof(REAL)), x, (size_t)dim * sizeof(REAL));
        for (int k = 0; k < dim; k++)
            *(back ? x + order[k] : x + k) = back ? y[k] : y[order[k]];
        return 0;
    }
    default: { /* AFFINE */
        const Net *net = read_net(text, weights, prefix);
        F(run_affine)(net, back, context, x, log_sigma);
        for (int i = 0; i < net->dim; i++)
            log_det += log_sigma[i]; /* eq. 11 */
        return back ? -log_det : log_det;
    }
    }
}

/* Terms of the log density of x under the base, one for each dimension, in nats (DENS-2). */
static void F(base)(Json *base, int dim, const REAL *x, REAL *terms)
{
    static const char *const names[] = {"scale", "scale", "scale_diag", "scale_tril"};
    const REAL half_log_two_pi = (REAL)0.918938533204672741780329736405617640L;
    int kind = which(need(base, "kind"), bases), full = kind == 3;
    const REAL *loc = F(numbers)(need(need(base, "arrays"), "loc"));
    const REAL *scale = F(numbers)(need(get(base, "arrays"), names[kind]));
    REAL *z = take((size_t)dim, sizeof(REAL));
    for (int i = 0; i < dim; i++) {
        REAL rest = x[i] - loc[i], diagonal = scale[full ? i * dim + i : i];
        for (int j = 0; full && j < i; j++) /* L z = x - loc, by forward substitution */
            rest -= scale[i * dim + j] * z[j];
        z[i] = rest / diagonal;
        terms[i] = -(z[i] * z[i]) / 2 - log(diagonal) - half_log_two_pi;
    }
}

/* ---- the answer ---- */

static void F(print)(const char *name, int axes, const int *shape, const REAL *data)
{
    printf("\"%s\":", name);
    for (int k = 0, size = print_shape(axes, shape); k < size; k++)
        printf(k ? ",\"%a\"" : "\"%a\"", (double)data[k]); /* exact */
    printf("]}");
}

/* Values of anything but masks: row by row of the batch. */
static void F(answer)(Json *question, Json *event, Json *context, Batch batch)
{
    Json *asked = need(question, "question"), *split = get(question, "per_dimension");
    Json *flow = need(question, "flow"), *weights = need(question, "weights");
    int density = is(asked, "log_prob"), back = density || is(asked, "inverse");
    int each = is(asked, "log_scale") || (split && split->kind == 't'), D = batch.shape[batch.axes];
    REAL *values = take((size_t)(batch.rows * D), sizeof(REAL));
    REAL *sums = take((size_t)batch.rows, sizeof(REAL)), *log_sigma = take((size_t)D, sizeof(REAL));
    REAL *terms = take((size_t)D, sizeof(REAL)); /* stay 0 where no density is asked for */
    for (int row = 0; row < batch.rows; row++) {
        REAL *value = values + row * D;
        const REAL *at = context ? F(numbers)(context) + place(context, batch, row) : NULL;
        memcpy(value, F(numbers)(event) + place(event, batch, row), (size_t)D * sizeof(REAL));
        sums[row] = F(run)(flow, weights, "", back, at, value, log_sigma);
        if (density)
            F(base)(need(question, "base"), D, value, terms);
        for (int i = 0; i < D; i++) {
            sums[row] += terms[i]; /* DENS-1: the log-det is that of the inverse map */
            if (each)
                value[i] = density ? terms[i] - log_sigma[i] : log_sigma[i];
        }
    }
    if (each || !density)
        F(print)(each ? asked->text : back ? "x" : "y", batch.axes + 1, batch.shape, values);
    if (!each && !density)
        printf(",");
    if (!each)
        F(print)(density ? "log_prob" : "log_det", batch.axes, batch.shape, sums);
}
