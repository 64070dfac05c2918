/* The graph of all states and steps, and the fair cycles in it (properties/graph.py).

   A response asks that what is triggered comes to its goal.  It fails where a run without
   end, which is fair, avoids the goal from a triggered state on.  Such a run ends up in one
   strongly connected component of the steps that avoid the goal.

   Fairness is about units, each a set of steps.  Weak: a unit that always has a step gets
   a turn again and again.  Strong: so does one that has a step again and again.  A
   component is fair if for each weak unit it has a turn or a state without a step of it,
   and for each strong one a turn or no state with a step of it. */

#if !COMPACT
static u32 number_of(Engine *e, const u64 *w)
{
    u64 row[ROW], key[KEY];
    int is_free;
    int failed = row_of(&e->known, w, row);
    const Table *t = &e->parts[part_of(row)].table;
    failed |= is_narrow(t);
    const u8 *entry = failed ? NULL : place_of(t, row, key, &is_free);
    if (!entry || is_free) {
        e->graph->failed = 1; /* a state that was never met */
        return 0;
    }
    u64 at = (u64)(entry - t->entries);
    u64 place = at / t->stride * (u64)t->slots + at % t->stride / (u64)t->octets;
    return e->graph->number[part_of(row)][place];
}

static void draw(Part *p, const u64 *w, u32 rule, u32 unit, u64 served)
{
    Graph *g = p->graph;
    u64 marks = p->pending;
    p->pending = 0;
    if (g->used == g->room) {
        u64 room = g->room ? 2 * g->room : 1 << 16;
        if (g->failed || room > g->most) {
            g->failed = 1;
            return;
        }
        g->to = realloc(g->to, room * sizeof *g->to);
        g->rule = realloc(g->rule, room * sizeof *g->rule);
        g->unit = realloc(g->unit, room * sizeof *g->unit);
        g->served = realloc(g->served, room * sizeof *g->served);
        g->marks = realloc(g->marks, room * sizeof *g->marks);
        g->room = room;
        if (!g->to || !g->rule || !g->unit || !g->served || !g->marks) {
            g->failed = 1;
            return;
        }
    }
    u64 i = g->used++;
    g->to[i] = number_of(g->engine, w);
    g->rule[i] = (u16)rule;
    g->unit[i] = (u8)unit;
    g->served[i] = served;
    g->marks[i] = marks;
}

/* A unit waits for a step of it, whether it has one or not: so does time for a tick. */
static void want(Graph *g, u32 unit)
{
    g->enabled[g->now] |= 1ull << unit;
}

/* Draw the graph of an exploration that has met all states; -1 where there is no room. */
int graph_draw(Engine *e, u64 most)
{
    Graph *g = e->graph = calloc(1, sizeof *g);
    if (!g)
        return -1;
    g->engine = e;
    g->most = most;
    for (int i = 0; i < PARTS; i++) {
        const Table *t = &e->parts[i].table;
        g->base[i] = g->states;
        g->number[i] = calloc(table_places(t), sizeof(u32));
        if (!g->number[i])
            return -1;
        for (u64 k = 0; k < table_places(t); k++)
            if (is_used(t, k))
                g->number[i][k] = (u32)g->states++;
    }
    g->first = calloc(g->states + 1, sizeof(u64));
    g->state_marks = calloc(g->states, sizeof(u64));
    g->enabled = calloc(g->states, sizeof(u64));
    if (!g->first || !g->state_marks || !g->enabled)
        return -1;
    u64 n = 0;
    for (int i = 0; i < PARTS && !g->failed; i++) {
        Part *p = &e->parts[i];
        p->undecided = PROPERTIES ? ~0ull >> (64 - PROPERTIES) : 0;
        p->pending = 0;
        p->graph = g;
        for (u64 k = 0; k < table_places(&p->table) && !g->failed; k++) {
            S s;
            u64 w[WORDS];
            if (!is_used(&p->table, k))
                continue;
            state_at(e, i, k, w);
            p->current = w;
            unpack(w, &s);
            check_state(p, &s);
            g->state_marks[n] = p->pending;
            p->pending = 0;
            g->first[n] = g->used;
            g->now = n;
            expand(p, &s);
            for (u64 j = g->first[n]; j < g->used; j++)
                g->enabled[n] |= g->unit[j] ? 1ull << g->unit[j] : 0;
            n++;
        }
    }
    g->first[n] = g->used;
    return g->failed ? -1 : 0;
}

void graph_free(Engine *e)
{
    Graph *g = e->graph;
    if (!g)
        return;
    for (int i = 0; i < PARTS; i++)
        free(g->number[i]);
    free(g->to);
    free(g->rule);
    free(g->unit);
    free(g->served);
    free(g->marks);
    free(g->first);
    free(g->state_marks);
    free(g->enabled);
    free(g);
    e->graph = NULL;
}

u64 graph_steps(const Engine *e)
{
    return e->graph->used;
}

/* The packed state of a number. */
void graph_state(const Engine *e, u32 n, u64 *w)
{
    const Graph *g = e->graph;
    int part = PARTS - 1;
    while (g->base[part] > n)
        part--;
    u64 from = 0, to = table_places(&e->parts[part].table);
    while (to - from > 1) { /* numbers grow with the places; free ones have none */
        u64 middle = from + (to - from) / 2, k = middle;
        while (k < to && !is_used(&e->parts[part].table, k))
            k++;
        if (k < to && g->number[part][k] <= n)
            from = k;
        else
            to = middle;
    }
    while (!is_used(&e->parts[part].table, from) || g->number[part][from] != n)
        from++;
    state_at(e, part, from, w);
}

/* The first state, in which nothing is there yet. */
u32 graph_begin(const Engine *e)
{
    const u64 w[WORDS] = {0};
    return number_of((Engine *)e, w);
}

u32 graph_target(const Engine *e, u64 step) { return e->graph->to[step]; }
u32 graph_rule(const Engine *e, u64 step) { return e->graph->rule[step]; }
u64 graph_served(const Engine *e, u64 step) { return e->graph->served[step]; }
u64 graph_enabled(const Engine *e, u32 n) { return e->graph->enabled[n]; }

/* Whether a state has a mark. */
int graph_has_mark(const Engine *e, int mark)
{
    for (u64 n = 0; n < e->graph->states; n++)
        if (e->graph->state_marks[n] >> mark & 1)
            return 1;
    return 0;
}

/* ---- the steps that avoid the goal ---------------------------------------------------- */

/* A response: three marks, `step_goal` negative where no step is a goal. */
typedef struct {
    int trigger, goal, step_goal;
} Response;

static int is_open(const Graph *g, u64 n, const Response *r)
{
    return !(g->state_marks[n] >> r->goal & 1);
}

static int is_owed(const Graph *g, u64 n, const Response *r)
{
    return (g->state_marks[n] >> r->trigger & 1) && is_open(g, n, r);
}

/* The step is no goal, nor one of bit 63, which a run without end takes only so often: what
   is owed is so after the last of those, too. */
static int avoids(const Graph *g, u64 step, const Response *r)
{
    return !(g->served[step] >> 63) && (r->step_goal < 0 || !(g->marks[step] >> r->step_goal & 1))
        && is_open(g, g->to[step], r);
}

/* The states that are reached from triggered ones while the goal is avoided: 1. */
static int owing(const Graph *g, const Response *r, u8 *alive)
{
    u32 *stack = malloc(g->states * sizeof *stack);
    u64 depth = 0;
    if (!stack)
        return -1;
    memset(alive, 0, g->states);
    for (u64 n = 0; n < g->states; n++)
        if (is_owed(g, n, r)) {
            alive[n] = 1;
            stack[depth++] = (u32)n;
        }
    while (depth) {
        u32 n = stack[--depth];
        for (u64 i = g->first[n]; i < g->first[n + 1]; i++)
            if (avoids(g, i, r) && !alive[g->to[i]]) {
                alive[g->to[i]] = 1;
                stack[depth++] = g->to[i];
            }
    }
    free(stack);
    return 0;
}

/* ---- strongly connected components (Tarjan, without recursion) ------------------------- */

typedef struct {
    u32 *index, *low, *stack, *calls, *component;
    u64 *next;
} Work;

static int components(const Graph *g, const Response *r, const u8 *alive, Work *k)
{
    u32 count = 0, found = 0;
    u64 depth = 0, calls = 0;
    memset(k->index, 0, g->states * sizeof(u32));
    memset(k->component, 0, g->states * sizeof(u32));
    for (u64 root = 0; root < g->states; root++) {
        if (!alive[root] || k->index[root])
            continue;
        k->calls[calls++] = (u32)root;
        k->index[root] = k->low[root] = ++count;
        k->next[root] = g->first[root];
        k->stack[depth++] = (u32)root;
        while (calls) {
            u32 n = k->calls[calls - 1];
            if (k->next[n] < g->first[n + 1]) {
                u64 i = k->next[n]++;
                u32 m = g->to[i];
                if (!alive[m] || !avoids(g, i, r))
                    continue;
                if (!k->index[m]) {
                    k->index[m] = k->low[m] = ++count;
                    k->next[m] = g->first[m];
                    k->stack[depth++] = m;
                    k->calls[calls++] = m;
                } else if (!k->component[m] && k->index[m] < k->low[n])
                    k->low[n] = k->index[m];
                continue;
            }
            calls--;
            if (calls && k->low[n] < k->low[k->calls[calls - 1]])
                k->low[k->calls[calls - 1]] = k->low[n];
            if (k->low[n] == k->index[n]) {
                u32 m;
                found++;
                do {
                    m = k->stack[--depth];
                    k->component[m] = found;
                } while (m != n);
            }
        }
    }
    return (int)found;
}

static int new_work(const Graph *g, Work *k)
{
    k->index = malloc(g->states * sizeof(u32));
    k->low = malloc(g->states * sizeof(u32));
    k->stack = malloc(g->states * sizeof(u32));
    k->calls = malloc(g->states * sizeof(u32));
    k->component = malloc(g->states * sizeof(u32));
    k->next = malloc(g->states * sizeof(u64));
    return k->index && k->low && k->stack && k->calls && k->component && k->next;
}

static void free_work(Work *k)
{
    free(k->index);
    free(k->low);
    free(k->stack);
    free(k->calls);
    free(k->component);
    free(k->next);
}

typedef struct {
    u64 taken, always, ever;
    u8 has_step;
} Summary;

#define END 0xffffffffu /* instead of a component: a run may end here */

/* The components of fair runs that avoid the goal: for each state the number of its
   component, or 0; how many states there are, or -1 where there is no memory.  Where
   nothing has to be done in a state that is reached so, END for such states alone. */
int64_t graph_fair(const Engine *e, int trigger, int goal, int step_goal, u64 weak,
                   u64 strong, u32 *component)
{
    const Graph *g = e->graph;
    Response r = {trigger, goal, step_goal};
    Work k;
    u8 *alive = malloc(g->states + 1);
    if (!alive || !new_work(g, &k) || owing(g, &r, alive))
        return -1;
    int64_t left = 0;
    for (u64 n = 0; n < g->states; n++) {
        component[n] = alive[n] && !g->enabled[n] ? END : 0;
        left += component[n] != 0;
    }
    if (left) {
        free(alive);
        free_work(&k);
        return left;
    }
    for (int changed = 1; changed;) {
        int found = components(g, &r, alive, &k);
        Summary *all = calloc((u64)found + 1, sizeof *all);
        if (!all)
            return -1;
        for (u64 n = 0; n < g->states; n++) {
            if (!alive[n])
                continue;
            Summary *c = &all[k.component[n]];
            c->always = c->ever ? c->always & g->enabled[n] : g->enabled[n];
            c->ever |= g->enabled[n] | 1; /* bit 0 is no unit: it tells that one was met */
            for (u64 i = g->first[n]; i < g->first[n + 1]; i++)
                if (alive[g->to[i]] && k.component[g->to[i]] == k.component[n]
                    && avoids(g, i, &r)) {
                    c->has_step = 1;
                    c->taken |= g->served[i];
                }
        }
        changed = 0;
        left = 0;
        for (u64 n = 0; n < g->states; n++) {
            if (!alive[n])
                continue;
            Summary *c = &all[k.component[n]];
            u64 starved = strong & c->ever & ~c->taken;
            if (!c->has_step || (weak & c->always & ~c->taken)
                       || (starved & g->enabled[n])) {
                alive[n] = 0;
                changed = 1;
            } else
                left++;
        }
        free(all);
    }
    for (u64 n = 0; n < g->states; n++)
        component[n] = alive[n] ? k.component[n] : 0;
    free(alive);
    free_work(&k);
    return left;
}

/* ---- runs ------------------------------------------------------------------------------ */

/* The steps of a shortest run from the first state to a component, which avoids the goal
   from a triggered state on; -1 where there is none or no memory.  `steps` has room for
   twice as many as there are states; `owed` is how many of them come before the trigger. */
int64_t graph_stem(const Engine *e, int trigger, int goal, int step_goal,
                   const u32 *component, u64 *steps, u64 *owed)
{
    const Graph *g = e->graph;
    Response r = {trigger, goal, step_goal};
    u64 size = 2 * g->states, head = 0, tail = 0;
    u64 *by = malloc(size * sizeof *by), *queue = malloc(size * sizeof *queue);
    u64 *from = malloc(size * sizeof *from);
    int64_t length = -1;
    if (!by || !queue || !from)
        return -1;
    memset(from, 0xff, size * sizeof *from);
    u64 begin = graph_begin(e);
    queue[tail++] = begin;
    from[begin] = begin;
    if (is_owed(g, begin, &r)) {
        from[begin + g->states] = begin;
        by[begin + g->states] = ~0ull;
        queue[tail++] = begin + g->states;
    }
    while (head < tail) {
        u64 at = queue[head++], n = at % g->states;
        int later = at >= g->states;
        if (later && component[n]) {
            u64 here = at;
            length = 0;
            *owed = 0;
            while (from[here] != here) {
                if (by[here] != ~0ull) {
                    steps[length++] = by[here];
                    *owed += here < g->states;
                }
                here = from[here];
            }
            for (int64_t a = 0, b = length - 1; a < b; a++, b--) {
                u64 x = steps[a];
                steps[a] = steps[b];
                steps[b] = x;
            }
            break;
        }
        for (u64 i = g->first[n]; i < g->first[n + 1]; i++) {
            u64 to = g->to[i] + (later ? g->states : 0);
            if (from[to] == ~0ull && (!later || avoids(g, i, &r))) {
                from[to] = at;
                by[to] = i;
                queue[tail++] = to;
                if (!later && is_owed(g, to, &r) && from[to + g->states] == ~0ull) {
                    from[to + g->states] = to;
                    by[to + g->states] = ~0ull;
                    queue[tail++] = to + g->states;
                }
            }
        }
    }
    free(by);
    free(queue);
    free(from);
    return length;
}

/* The steps of a shortest run within a component: to the state `home` where `unit` is 0;
   else over a step that is a turn for the unit, or, where `idle` is set, to a state without
   a step of it.  At least one step, unless the first state is idle; -1 where there is none. */
int64_t graph_walk(const Engine *e, int goal, int step_goal, const u32 *component, u32 begin,
                   u32 home, u32 unit, int idle, u64 *steps)
{
    const Graph *g = e->graph;
    Response r = {0, goal, step_goal};
    u64 head = 0, tail = 0, last = ~0ull;
    u64 *by = malloc((g->states + 1) * sizeof *by);
    u32 *queue = malloc((g->states + 1) * sizeof *queue);
    u32 *from = malloc(g->states * sizeof *from);
    int64_t length = -1;
    if (!by || !queue || !from)
        return -1;
    if (unit && idle && !(g->enabled[begin] >> unit & 1))
        length = 0;
    memset(from, 0xff, g->states * sizeof *from);
    from[begin] = begin;
    queue[tail++] = begin;
    while (head < tail && length < 0) {
        u32 n = queue[head++];
        for (u64 i = g->first[n]; i < g->first[n + 1] && length < 0; i++) {
            u32 to = g->to[i];
            if (component[to] != component[begin] || !avoids(g, i, &r))
                continue;
            int there = unit ? (g->served[i] >> unit & 1)
                                   || (idle && !(g->enabled[to] >> unit & 1))
                             : to == home;
            if (there) {
                last = i;
                length = 1;
                u32 here = n;
                steps[0] = i;
                while (here != begin) {
                    steps[length++] = by[here];
                    here = from[here];
                }
            } else if (from[to] == 0xffffffffu) {
                from[to] = n;
                by[to] = i;
                queue[tail++] = to;
            }
        }
    }
    for (int64_t a = 0, b = length - 1; last != ~0ull && a < b; a++, b--) {
        u64 x = steps[a];
        steps[a] = steps[b];
        steps[b] = x;
    }
    free(by);
    free(queue);
    free(from);
    return length;
}
#else
static void draw(Part *p, const u64 *w, u32 rule, u32 unit, u64 served) {}
static void want(Graph *g, u32 unit) {}
#endif
