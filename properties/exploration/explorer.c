/* Breadth-first exploration: the part that is the same for every model.

   The states are split by their hash into PARTS parts; each part has its states in the
   order of their discovery, with the number of the state from which each was reached, and
   a table that finds them.  Exploration goes in rounds: every part takes some states of
   its frontier and puts their successors into a buffer for each part; then every part
   takes in its buffers, in order.  So parts can be handled by threads at will, and the
   numbers of the states are always the same.

   A row of a buffer is a packed state, its hash, and the number of its predecessor.  The
   number of a state is its place in its part times PARTS plus the number of the part.

   COMPACT keeps whole only the states of two layers, and of all others 48 bits of the
   hash (the part tells 3 more); then a state has no predecessor that could be told. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

/* @declarations */

#define PARTS 8
#define ROW (WORDS + 2)
#define AHEAD 8

typedef struct {
    u8 c[CELLS + 1];              /* cells of all maps */
    u8 t[TIMERS + 1];             /* timers: 0 stopped, 1 due, else ticks left + 1 */
    u8 n[QUEUES + 1];             /* messages in each queue */
    u8 fresh;                     /* a time later than all in use */
    u8 latest[NODES + 1];         /* the latest time of each node */
    u32 q[QUEUES + 1][SLOTS + 1]; /* the messages */
} S;

typedef struct {
    u64 *rows;
    u64 used, room;
} Buffer;

typedef struct {
    u64 found;  /* 1 + the round in which it was found */
    u32 origin; /* the state itself, or the one before the step */
    u32 rule;
    u64 target[WORDS];
} Violation;

/* @graph-types */

typedef struct {
    u64 *states;
    u32 *origins;
    u64 count, room;
    u64 *table; /* high half: bits of the hash; low half: place + 1 */
    u64 places; /* a power of two, unless COMPACT */
    u8 *marks;  /* COMPACT: the table, 6 octets a place; 0 is free */
    u64 gone;   /* COMPACT: states of earlier layers, which are not there any more */
    u64 begin, end; /* the frontier */
    Buffer out[PARTS];
    u64 stands; /* how many states those of the part stand for */
    u64 round, steps[RULES + 1];
    u64 pending; /* properties that the step at hand violates */
    u64 undecided; /* properties without a violation so far */
    u64 unreached; /* properties whose premise was not met so far */
    Violation violations[PROPERTIES + 1]; /* the last one: no way on */
    u32 current;
    u32 failed;
    Graph *graph; /* the graph that is drawn, when all states are known */
} Part;

typedef struct Engine {
    Part parts[PARTS];
    u64 most_bytes;
    Graph *graph;
} Engine;

static void finish(Part *p, S *t, u32 rule, u32 nodes, u32 unit, u64 served);
static void draw(Part *p, const u64 *w, u32 rule, u32 unit, u64 served);
static void want(Graph *g, u32 unit);

/* @model */

static u64 hash_of(const u64 *w)
{
    u64 h = 0x9e3779b97f4a7c15u;
    for (int i = 0; i < WORDS; i++) {
        h = (h ^ w[i]) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    h *= 0xc4ceb9fe1a85ec53u;
    return h ^ h >> 29;
}

static int push(Part *p, const u64 *w, u32 origin)
{
    u64 h = hash_of(w);
    Buffer *b = &p->out[h % PARTS];
    if (b->used == b->room) {
        u64 room = b->room ? 2 * b->room : 1024;
        u64 *rows = realloc(b->rows, room * ROW * sizeof(u64));
        if (!rows) {
            p->failed = 1;
            return -1;
        }
        b->rows = rows;
        b->room = room;
    }
    u64 *row = b->rows + b->used++ * ROW;
    memcpy(row, w, WORDS * sizeof(u64));
    row[WORDS] = h;
    row[WORDS + 1] = origin;
    return 0;
}

static void violate(Part *p, int i, u32 origin, u32 rule, const u64 *target)
{
    Violation *v = &p->violations[i];
    v->found = 1 + p->round;
    v->origin = origin;
    v->rule = rule;
    memcpy(v->target, target, sizeof v->target);
}


/* The step to `t` is complete: pack it and put it into its buffer.

   `unit` is the unit of fairness to which it belongs (0 for none), `served` the set of
   units for which it is a turn; both are of use to graph.c alone. */
static void finish(Part *p, S *t, u32 rule, u32 nodes, u32 unit, u64 served)
{
    u64 w[WORDS];
    canonical(t, nodes);
    pack(t, w);
    if (p->graph) {
        draw(p, w, rule, unit, served);
        return;
    }
#if SYMMETRIC
    least(t, w);
#endif
    p->steps[rule]++;
    if (p->pending) {
        for (int i = 0; i < PROPERTIES; i++)
            if (p->pending >> i & 1)
                violate(p, i, p->current, rule, w);
        p->undecided &= ~p->pending;
        p->pending = 0;
    }
    push(p, w, p->current);
}

/* A state that was not met before. */
static void enter(Part *p, const u64 *w, u32 number)
{
    S s;
    p->stands += stands_for(w);
    if (!STATE_PROPERTIES || !((p->undecided | p->unreached) & STATE_PROPERTIES))
        return;
    unpack(w, &s);
    check_state(p, &s);
    if (p->pending) {
        for (int i = 0; i < PROPERTIES; i++)
            if (p->pending >> i & 1)
                violate(p, i, number, RULES + 1, w);
        p->undecided &= ~p->pending;
        p->pending = 0;
    }
}

#if COMPACT
#define MARK 6
#define GROWTH(places) ((places) + (places) / 8)

static u64 mark_at(const u8 *marks, u64 k)
{
    u32 high;
    u16 low;
    memcpy(&high, marks + MARK * k, sizeof high);
    memcpy(&low, marks + MARK * k + sizeof high, sizeof low);
    return (u64)high << 16 | low;
}

/* Where a mark is, or the free place where it belongs.  Places follow the order of marks. */
static u64 place_of(const u8 *marks, u64 places, u64 mark)
{
    u64 k = (mark >> 16) * places >> 32, found;
    while ((found = mark_at(marks, k)) && found != mark)
        k = k + 1 == places ? 0 : k + 1;
    return k;
}

static void put_mark(u8 *marks, u64 k, u64 mark)
{
    u32 high = (u32)(mark >> 16);
    u16 low = (u16)mark;
    memcpy(marks + MARK * k, &high, sizeof high);
    memcpy(marks + MARK * k + sizeof high, &low, sizeof low);
}

static u64 bytes_of(u64 room, u64 places)
{
    return room * WORDS * sizeof(u64) + places * MARK;
}

static int grow_table(Part *p)
{
    u64 places = p->places ? GROWTH(p->places) : 4096;
    u8 *marks = calloc(places, MARK);
    if (!marks)
        return -1;
    for (u64 k = 0; k < p->places; k++) {
        u64 mark = mark_at(p->marks, k);
        if (mark)
            put_mark(marks, place_of(marks, places, mark), mark);
    }
    free(p->marks);
    p->marks = marks;
    p->places = places;
    return 0;
}
#else
static u64 bytes_of(u64 room, u64 places)
{
    return room * (WORDS * sizeof(u64) + sizeof(u32)) + places * sizeof(u64);
}

static int grow_table(Part *p)
{
    u64 places = p->places ? 2 * p->places : 4096;
    u64 *table = calloc(places, sizeof(u64));
    if (!table)
        return -1;
    for (u64 i = 0; i < p->count; i++) {
        u64 h = hash_of(p->states + i * WORDS);
        u64 k = h / PARTS & (places - 1);
        while (table[k])
            k = (k + 1) & (places - 1);
        table[k] = (h >> 32 << 32) | (i + 1);
    }
    free(p->table);
    p->table = table;
    p->places = places;
    return 0;
}
#endif

static int grow_states(Part *p, u64 most)
{
    u64 room = p->room ? p->room + p->room / 2 : 2048;
    if (p->room && bytes_of(room, p->places) > most)
        return -1;
    u64 *states = realloc(p->states, room * WORDS * sizeof(u64));
    if (!states)
        return -1;
    p->states = states;
#if !COMPACT
    u32 *origins = realloc(p->origins, room * sizeof(u32));
    if (!origins)
        return -1;
    p->origins = origins;
#endif
    p->room = room;
    return 0;
}

#if COMPACT
static int insert(Engine *e, Part *p, const u64 *row)
{
    u64 mark = row[WORDS] >> 16;
    mark += !mark;
    u64 k = place_of(p->marks, p->places, mark), most = e->most_bytes / PARTS;
    if (mark_at(p->marks, k))
        return 0;
    if (p->count == p->room && grow_states(p, most))
        return -1;
    u64 i = p->count++;
    memcpy(p->states + i * WORDS, row, WORDS * sizeof(u64));
    put_mark(p->marks, k, mark);
    enter(p, row, 0);
    if (20 * (p->gone + p->count) > 17 * p->places) {
        u64 growing = bytes_of(p->room, p->places + GROWTH(p->places));
        if (growing > most || p->places >> 31 || grow_table(p))
            return -1;
    }
    return 0;
}
#else
static int insert(Engine *e, Part *p, const u64 *row)
{
    u64 h = row[WORDS];
    u64 k = h / PARTS & (p->places - 1);
    for (; p->table[k]; k = (k + 1) & (p->places - 1)) {
        if (p->table[k] >> 32 != h >> 32)
            continue;
        u64 i = (p->table[k] & 0xffffffffu) - 1;
        if (!memcmp(p->states + i * WORDS, row, WORDS * sizeof(u64)))
            return 0;
    }
    if (p->count == p->room && grow_states(p, e->most_bytes / PARTS))
        return -1;
    u64 i = p->count++;
    if (i >= 0xffffffffu / PARTS)
        return -1;
    memcpy(p->states + i * WORDS, row, WORDS * sizeof(u64));
    p->origins[i] = (u32)row[WORDS + 1];
    p->table[k] = (h >> 32 << 32) | (i + 1);
    enter(p, row, (u32)(i * PARTS + (u64)(p - e->parts)));
    if (4 * p->count > 3 * p->places) {
        u64 growing = bytes_of(p->room + p->room / 2, 3 * p->places);
        if (growing > e->most_bytes / PARTS || grow_table(p))
            return -1;
    }
    return 0;
}
#endif

Engine *engine_new(u64 most_bytes)
{
    Engine *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->most_bytes = most_bytes;
    for (int i = 0; i < PARTS; i++) {
        Part *p = &e->parts[i];
        p->undecided = p->unreached = PROPERTIES ? ~0ull >> (64 - PROPERTIES) : 0;
        if (grow_table(p) || grow_states(p, most_bytes))
            return NULL;
    }
    return e;
}

void engine_free(Engine *e)
{
    for (int i = 0; i < PARTS; i++) {
        Part *p = &e->parts[i];
        for (int k = 0; k < PARTS; k++)
            free(p->out[k].rows);
        free(p->states);
        free(p->origins);
        free(p->table);
        free(p->marks);
    }
    free(e);
}

/* Begin in this state, which is its own predecessor. */
int engine_begin(Engine *e, const u64 *w)
{
    u64 row[ROW];
    memcpy(row, w, WORDS * sizeof(u64));
    row[WORDS] = hash_of(w);
    Part *p = &e->parts[row[WORDS] % PARTS];
    row[WORDS + 1] = (u64)(p - e->parts);
    int failed = insert(e, p, row);
    p->end = p->count;
    return failed;
}

/* Expand at most `most` states of the frontier of a part; how many there were. */
u64 engine_expand(Engine *e, int part, u64 round, u64 most)
{
    Part *p = &e->parts[part];
    u64 from = p->begin;
    u64 to = p->end - from < most ? p->end : from + most;
    p->round = round;
    for (u64 i = from; i < to; i++) {
        S s;
        u64 before = 0, after = 0;
        unpack(p->states + i * WORDS, &s);
        p->current = (u32)(i * PARTS + (u64)part);
        for (int k = 0; k < PARTS; k++)
            before += p->out[k].used;
        expand(p, &s);
        for (int k = 0; k < PARTS; k++)
            after += p->out[k].used;
        if (before == after && !p->violations[PROPERTIES].found)
            violate(p, PROPERTIES, p->current, RULES + 1, p->states + i * WORDS);
    }
    p->begin = to;
    return to - from;
}

/* Take in the buffers for a part; -1 if there is no room. */
int engine_insert(Engine *e, int part)
{
    Part *p = &e->parts[part];
    int failed = 0;
    for (int k = 0; k < PARTS; k++) {
        Buffer *b = &e->parts[k].out[part];
        failed |= (int)e->parts[k].failed;
        for (u64 i = 0; i < b->used && !failed; i++) {
#if defined __GNUC__ && COMPACT
            if (i + AHEAD < b->used) {
                u64 h = b->rows[(i + AHEAD) * ROW + WORDS];
                __builtin_prefetch(p->marks + MARK * ((h >> 32) * p->places >> 32));
            }
#elif defined __GNUC__
            if (i + AHEAD < b->used) {
                u64 h = b->rows[(i + AHEAD) * ROW + WORDS];
                __builtin_prefetch(&p->table[h / PARTS & (p->places - 1)]);
            }
            if (i + AHEAD / 2 < b->used) {
                u64 h = b->rows[(i + AHEAD / 2) * ROW + WORDS];
                u64 found = p->table[h / PARTS & (p->places - 1)] & 0xffffffffu;
                if (found)
                    __builtin_prefetch(p->states + (found - 1) * WORDS);
            }
#endif
            failed = insert(e, p, b->rows + i * ROW);
        }
        b->used = 0;
    }
    return failed ? -1 : 0;
}

/* The next layer: how many states it has. */
u64 engine_layer(Engine *e)
{
    u64 size = 0;
    for (int i = 0; i < PARTS; i++) {
        Part *p = &e->parts[i];
        p->begin = p->end;
        p->end = p->count;
        size += p->end - p->begin;
#if COMPACT
        u64 left = p->count - p->begin;
        memmove(p->states, p->states + p->begin * WORDS, left * WORDS * sizeof(u64));
        p->gone += p->begin;
        p->count = p->end = left;
        p->begin = 0;
#endif
    }
    return size;
}

u64 engine_count(const Engine *e)
{
    u64 count = 0;
    for (int i = 0; i < PARTS; i++)
        count += e->parts[i].gone + e->parts[i].count;
    return count;
}

/* How many states those met stand for. */
u64 engine_stands(const Engine *e)
{
    u64 stands = 0;
    for (int i = 0; i < PARTS; i++)
        stands += e->parts[i].stands;
    return stands;
}

/* The octets of the tables. */
u64 engine_table(const Engine *e)
{
    u64 bytes = 0;
    for (int i = 0; i < PARTS; i++)
        bytes += bytes_of(0, e->parts[i].places);
    return bytes;
}

/* The octets of states, tables and buffers. */
u64 engine_bytes(const Engine *e)
{
    u64 bytes = 0;
    for (int i = 0; i < PARTS; i++) {
        const Part *p = &e->parts[i];
        bytes += bytes_of(p->room, p->places);
        for (int k = 0; k < PARTS; k++)
            bytes += p->out[k].room * ROW * sizeof(u64);
    }
    return bytes;
}

u64 engine_steps(const Engine *e, int rule)
{
    u64 steps = 0;
    for (int i = 0; i < PARTS; i++)
        steps += e->parts[i].steps[rule];
    return steps;
}

/* Whether the premise of a property was met. */
int engine_reached(const Engine *e, int property)
{
    for (int i = 0; i < PARTS; i++)
        if (!(e->parts[i].unreached >> property & 1))
            return 1;
    return 0;
}

/* The first violation of a property: 1, its origin, rule and target; or 0. */
int engine_violation(const Engine *e, int property, u32 *origin, u32 *rule, u64 *target)
{
    const Violation *first = NULL;
    for (int i = 0; i < PARTS; i++) {
        const Violation *v = &e->parts[i].violations[property];
        if (v->found && (!first || v->found < first->found))
            first = v;
    }
    if (!first)
        return 0;
    *origin = first->origin;
    *rule = first->rule;
    memcpy(target, first->target, sizeof first->target);
    return 1;
}

/* The packed state of a number; the number of its predecessor. */
u32 engine_state(const Engine *e, u32 number, u64 *w)
{
    const Part *p = &e->parts[number % PARTS];
    u64 i = number / PARTS;
    memcpy(w, p->states + i * WORDS, WORDS * sizeof(u64));
    return COMPACT ? number : p->origins[i];
}

/* @graph */
