/* Breadth-first exploration: the part that is the same for every model.

   The states are split by their hash into PARTS parts; each part has a table of those that
   were met (table.c), and whole only the states of two layers.  Exploration goes in rounds:
   every part takes some states of its frontier and puts their successors into a buffer for
   each part; then every part takes in its buffers, in order.  So parts can be handled by
   threads at will, and what is found is always the same.

   A row of a buffer is a packed state, mixed; if COMPACT, its hash and the packed state; if
   COLLAPSED, its first word, mixed, and the numbers of its words (words.c).

   No state knows from which it was reached, but at which depth it was found: a run to it is
   found backwards, by taking the steps of all states one layer before (engine_before).  If
   COMPACT there is no depth, and 55 bits of the hash stand for a state. */

#ifdef __linux__
#define _GNU_SOURCE /* madvise */
#include <sys/mman.h>
#endif
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

/* @declarations */

#define PARTS 8
#define COLLAPSED (!COMPACT && WORDS >= FEWEST_NUMBERED)
#define STATE (COMPACT || COLLAPSED ? 1 : 0) /* where the state begins in a row */
#define KEPT (COLLAPSED ? (WORDS + 1) / 2 : WORDS) /* words of a state of a layer */
#define ROW (KEPT + STATE)
#define AHEAD 16
#define WAITING 8
#define RECENT 512 /* rows that a part remembers to have put into a buffer */

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

/* @words */

/* A row without the numbers of some words, which are on their way from memory. */
typedef struct {
    u64 row[ROW], w[WORDS];
    u32 missing;
} Pending;

typedef struct {
    u64 found; /* 1 + the round in which it was found */
    u32 rule;
    u64 origin[WORDS]; /* the state itself, or the one before the step */
    u64 depth;         /* of the origin */
    u64 target[WORDS];
} Violation;

/* @graph-types */

typedef struct {
    u8 *entries;
    u64 buckets, stride; /* stride: octets of a bucket */
    u64 reciprocal;      /* 2^64 / buckets */
    int slots, octets;   /* entries of a bucket, octets of an entry */
    int beyond;          /* bits of a share of the buckets that the bucket does not tell */
    int bits, depth;     /* bits of an entry without the depth, and of the depth */
    int words;           /* of the key, the first and last of which are masked */
    u64 first, last;
    const Words *known;
    u8 widths[WORDS]; /* bits of the numbers of words */
} Table;

typedef struct {
    u64 *states; /* the frontier, and the layer after it */
    u64 count, room;
    u64 begin, end; /* the frontier */
    u64 gone;       /* states of earlier layers, which are in the table alone */
    Table table;
    Buffer out[PARTS];
    u64 recent[RECENT][WORDS + STATE];
    u64 stands; /* how many states those of the part stand for */
    u64 round, depth, steps[RULES + 1];
    u64 taken;   /* steps of the state at hand */
    u64 pending; /* properties that the step at hand violates */
    u64 undecided; /* properties without a violation so far */
    u64 unreached; /* properties whose premise was not met so far */
    Violation *violations; /* `most` of each property; the last are about no way on */
    u64 most;
    const u64 *current; /* the state at hand */
    const u64 *numbers; /* those of its words */
    Words *known;
#if COLLAPSED
    Pending waiting[WAITING]; /* what was pushed last, without some numbers still */
    u64 pushed;
#endif
    const u64 *sought;  /* a state of which one before it is looked for */
    u32 is_found;
    u32 failed;
    Graph *graph; /* the graph that is drawn, when all states are known */
} Part;

typedef struct Engine {
    Part parts[PARTS];
    u64 most_bytes, depth;
    Graph *graph;
    Words known;
} Engine;

static void finish(Part *p, S *t, u64 *w, u32 rule, u32 unit, u64 served);
static void draw(Part *p, const u64 *w, u32 rule, u32 unit, u64 served);
static void want(Graph *g, u32 unit);

/* @model */

/* @table */

#if COLLAPSED
/* The row of a state; -1 where there is no room for a word that is new. */
static int row_of(Words *known, const u64 *w, u64 *row)
{
    row[0] = mixed(w);
    return number_words(known, w, row + STATE);
}
#elif COMPACT
static int row_of(Words *known, const u64 *w, u64 *row)
{
    (void)known;
    u64 h = 0x9e3779b97f4a7c15u;
    for (int i = 0; i < WORDS; i++) {
        h = (h ^ w[i]) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    h *= 0xc4ceb9fe1a85ec53u;
    row[0] = h ^ h >> 29;
    memcpy(row + 1, w, WORDS * sizeof(u64));
    return 0;
}
#else
static int row_of(Words *known, const u64 *w, u64 *row)
{
    (void)known;
    mix(w, row);
    return 0;
}
#endif

/* The state that a row tells, whole. */
static void state_of(const Words *known, const u64 *row, u64 *w)
{
#if COLLAPSED
    spell(known, row + STATE, w);
#elif COMPACT
    memcpy(w, row + STATE, WORDS * sizeof(u64));
#else
    unmix(row, w);
#endif
}

static int put_row(Part *p, const u64 *row)
{
    Buffer *b = &p->out[part_of(row)];
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
    memcpy(b->rows + b->used++ * ROW, row, ROW * sizeof(u64));
    return 0;
}

#if COLLAPSED
static void complete(Part *p, Pending *q)
{
    for (int i = 0; q->missing; i++, q->missing >>= 1)
        if (q->missing & 1) {
            u64 number = number_of_word(p->known, i, q->w[i]);
            p->failed |= !number;
            put_number(q->row + STATE, i, number - 1);
        }
    put_row(p, q->row);
}

/* Take in what waits; the last ones only at the end, when no words come from memory. */
static void complete_all(Part *p)
{
    u64 from = p->pushed < WAITING ? 0 : p->pushed - WAITING;
    for (; from < p->pushed; from++)
        complete(p, &p->waiting[from % WAITING]);
    p->pushed = 0;
}

static void push(Part *p, const u64 *w)
{
    u64 hash = mixed(w);
    u64 *recent = p->recent[hash >> 8 & (RECENT - 1)];
    if (!memcmp(recent, w, WORDS * sizeof(u64)))
        return;
    memcpy(recent, w, WORDS * sizeof(u64));
    Pending *q = &p->waiting[p->pushed % WAITING];
    if (p->pushed >= WAITING)
        complete(p, q);
    p->pushed++;
    memset(q, 0, sizeof *q);
    q->row[0] = hash;
    memcpy(q->w, w, WORDS * sizeof(u64));
    for (int i = 0; i < WORDS; i++)
        if (w[i] == p->current[i]) {
            put_number(q->row + STATE, i, number_at(p->numbers, i));
        } else {
            q->missing |= 1u << i;
            expect_word(p->known, i, w[i]);
        }
}
#else
static void complete_all(Part *p) { (void)p; }

static void push(Part *p, const u64 *w)
{
    u64 row[ROW];
    row_of(p->known, w, row);
    u64 *recent = p->recent[row[0] >> 8 & (RECENT - 1)];
    if (!memcmp(recent, row, sizeof row))
        return;
    memcpy(recent, row, sizeof row);
    put_row(p, row);
}
#endif

/* Keep a violation that ends in another step than those that are kept. */
static void violate(Part *p, int i, u64 depth, const u64 *origin, u32 rule, const u64 *target)
{
    Violation *v = p->violations + (u64)i * p->most, *end = v + p->most;
    for (; v < end && v->found; v++)
        if (v->rule == rule && !memcmp(v->target, target, sizeof v->target))
            return; /* the same from elsewhere */
    if (v == end)
        return;
    v->found = 1 + p->round;
    v->rule = rule;
    v->depth = depth;
    memcpy(v->origin, origin, sizeof v->origin);
    memcpy(v->target, target, sizeof v->target);
    if (v + 1 == end)
        p->undecided &= ~(1ull << i);
}

/* The step to `t`, packed in `w`, is complete: put it into its buffer.

   `unit` is the unit of fairness to which it belongs (0 for none), `served` the set of
   units for which it is a turn; both are of use to graph.c alone. */
static void finish(Part *p, S *t, u64 *w, u32 rule, u32 unit, u64 served)
{
    if (p->graph) {
        draw(p, w, rule, unit, served);
        return;
    }
#if SYMMETRIC
    least(t, w);
#endif
    if (p->sought) {
        p->is_found |= !memcmp(w, p->sought, WORDS * sizeof(u64));
        return;
    }
    p->steps[rule]++;
    p->taken++;
    if (p->pending) {
        for (int i = 0; i < PROPERTIES; i++)
            if (p->pending >> i & 1)
                violate(p, i, p->depth, p->current, rule, w);
        p->pending = 0;
    }
    push(p, w);
}

/* A state that was not met before. */
static void enter(Part *p, const u64 *row, u64 depth)
{
    S s;
    u64 w[WORDS];
    int is_asked = STATE_PROPERTIES && ((p->undecided | p->unreached) & STATE_PROPERTIES);
    p->stands += !SYMMETRIC;
    if (!is_asked && !SYMMETRIC)
        return;
    state_of(p->known, row, w);
#if SYMMETRIC
    p->stands += stands_for(w);
#endif
    if (!is_asked)
        return;
    unpack(w, &s);
    check_state(p, &s);
    if (p->pending) {
        for (int i = 0; i < PROPERTIES; i++)
            if (p->pending >> i & 1)
                violate(p, i, depth, w, RULES + 1, w);
        p->pending = 0;
    }
}

static u64 bytes_of(const Part *p, u64 room)
{
    return room * KEPT * sizeof(u64) + table_bytes(&p->table)
        + words_bytes(p->known) / PARTS;
}

static int grow_states(Part *p, u64 most)
{
    u64 room = p->room ? p->room + p->room / 2 : 1024;
    if (p->room && bytes_of(p, room) > most)
        return -1;
    u64 *states = realloc(p->states, room * KEPT * sizeof(u64));
    if (!states)
        return -1;
    p->states = states;
    p->room = room;
    return 0;
}

static int grow_table(Part *p, int part, int depth, u64 most)
{
    u64 used = bytes_of(p, p->room), buckets = p->table.buckets;
    if (depth == p->table.depth && !is_narrow(&p->table))
        buckets += COMPACT ? buckets / 8 : buckets / 2;
    return used > most ? -1 : table_grow(&p->table, part, buckets, depth, most - used);
}

static int insert(Engine *e, Part *p, const u64 *row)
{
    u64 key[KEY], most = e->most_bytes / PARTS;
    int is_free, part = (int)(p - e->parts);
    u8 *entry = place_of(&p->table, row, key, &is_free);
    if (entry && !is_free)
        return 0;
    if (!entry || p->gone + p->count >= LOAD(table_places(&p->table))) {
        if (grow_table(p, part, p->table.depth, most))
            return -1;
        entry = place_of(&p->table, row, key, &is_free);
        if (!entry)
            return -1;
    }
    if (p->count == p->room && grow_states(p, most))
        return -1;
    u64 *kept = p->states + p->count++ * KEPT;
#if COLLAPSED
    memcpy(kept, row + STATE, KEPT * sizeof(u64));
#else
    state_of(p->known, row, kept);
#endif
    put_entry(&p->table, entry, key, e->depth);
    enter(p, row, e->depth);
    return 0;
}

/* An engine for so many octets that keeps so many violations of each property and part. */
Engine *engine_new(u64 most_bytes, u64 violations)
{
    Engine *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->most_bytes = most_bytes;
    if (words_new(&e->known))
        return NULL;
    for (int i = 0; i < PARTS; i++) {
        Part *p = &e->parts[i];
        p->undecided = p->unreached = PROPERTIES ? ~0ull >> (64 - PROPERTIES) : 0;
        p->most = violations;
        p->violations = calloc((PROPERTIES + 1) * violations, sizeof *p->violations);
        p->known = &e->known;
        p->table.known = &e->known;
        if (!p->violations || table_new(&p->table, FEWEST, 6) || grow_states(p, most_bytes))
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
        free(p->violations);
        table_free(&p->table);
    }
    words_free(&e->known);
    free(e);
}

/* Begin in this state. */
int engine_begin(Engine *e, const u64 *w)
{
    u64 row[ROW];
    if (row_of(&e->known, w, row))
        return -1;
    Part *p = &e->parts[part_of(row)];
    int failed = insert(e, p, row);
    p->end = p->count;
    e->depth = 1;
    return failed;
}

/* Expand at most `most` states of the frontier of a part; how many there were. */
u64 engine_expand(Engine *e, int part, u64 round, u64 most)
{
    Part *p = &e->parts[part];
    u64 from = p->begin;
    u64 to = p->end - from < most ? p->end : from + most;
    p->round = round;
    p->depth = e->depth - 1;
    for (u64 i = from; i < to; i++) {
        S s;
#if COLLAPSED
        u64 whole[WORDS];
        p->numbers = p->states + i * KEPT;
        if (i + WAITING < to)
            expect_spelling(p->known, p->numbers + WAITING * KEPT);
        spell(p->known, p->numbers, whole);
        p->current = whole;
#else
        p->current = p->states + i * KEPT;
#endif
        p->taken = 0;
        unpack(p->current, &s);
        expand(p, &s);
        if (!p->taken)
            violate(p, PROPERTIES, p->depth, p->current, RULES + 1, p->current);
    }
    complete_all(p);
    p->begin = to;
    return to - from;
}

/* Take in the buffers for a part; -1 if there is no room. */
int engine_insert(Engine *e, int part)
{
    Part *p = &e->parts[part];
    int failed = 0;
#if COLLAPSED
    if (is_narrow(&p->table)
        && grow_table(p, part, p->table.depth, e->most_bytes / PARTS))
        return -1;
#endif
    for (int k = 0; k < PARTS; k++) {
        Buffer *b = &e->parts[k].out[part];
        failed |= (int)e->parts[k].failed;
        for (u64 i = 0; i < b->used && !failed; i++) {
#if defined __GNUC__
            if (i + AHEAD < b->used) {
                const Table *t = &p->table;
                const u64 *row = b->rows + (i + AHEAD) * ROW;
                const u8 *bucket = bucket_at(t, bucket_of(t, row));
                __builtin_prefetch(bucket);
                __builtin_prefetch(bucket + t->stride - 1);
            }
#endif
            failed = insert(e, p, b->rows + i * ROW);
        }
        b->used = 0;
    }
    return failed ? -1 : 0;
}

/* The next layer: how many states it has; 2^64 - 1 where there is no room for its depth. */
u64 engine_layer(Engine *e)
{
    u64 size = 0;
    e->depth++;
    forget_smaller(&e->known);
    for (int i = 0; i < PARTS; i++) {
        Part *p = &e->parts[i];
        u64 left = p->count - p->end;
        memmove(p->states, p->states + p->end * KEPT, left * KEPT * sizeof(u64));
        p->gone += p->end;
        p->count = p->end = left;
        p->begin = 0;
        size += left;
        if (!COMPACT && e->depth >> p->table.depth
            && grow_table(p, i, p->table.depth + 6, e->most_bytes / PARTS))
            return ~0ull;
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
        bytes += table_bytes(&e->parts[i].table);
    return bytes;
}

/* The octets of states, tables and buffers. */
u64 engine_bytes(const Engine *e)
{
    u64 bytes = sizeof *e;
    for (int i = 0; i < PARTS; i++) {
        const Part *p = &e->parts[i];
        bytes += bytes_of(p, p->room);
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

/* A violation of a property that a part has kept: 1 + the round in which it was found, with
   its origin, the depth of that, rule and target; or 0. */
u64 engine_violation(const Engine *e, int part, int property, u64 number, u64 *origin,
                     u64 *depth, u32 *rule, u64 *target)
{
    const Part *p = &e->parts[part];
    const Violation *v = p->violations + (u64)property * p->most + number;
    if (number >= p->most || !v->found)
        return 0;
    memcpy(origin, v->origin, sizeof v->origin);
    *depth = v->depth;
    *rule = v->rule;
    memcpy(target, v->target, sizeof v->target);
    return v->found;
}

#if !COMPACT
static void state_at(const Engine *e, int part, u64 place, u64 *w)
{
    u64 row[ROW];
    row_at(&e->parts[part].table, part, place, row);
    state_of(&e->known, row, w);
}

/* A state that was met at this depth and has a step to the packed state: 1, or 0. */
int engine_before(Engine *e, const u64 *target, u64 depth, u64 *w)
{
    int is_found = 0;
    for (int part = 0; part < PARTS && !is_found; part++) {
        Part *p = &e->parts[part];
        u64 undecided = p->undecided, unreached = p->unreached;
        p->undecided = p->unreached = p->pending = 0;
        p->sought = target;
        p->is_found = 0;
        for (u64 k = 0; k < table_places(&p->table) && !p->is_found; k++) {
            S s;
            if (!is_used(&p->table, k) || depth_at(&p->table, k) != depth)
                continue;
            state_at(e, part, k, w);
            p->current = w;
            unpack(w, &s);
            expand(p, &s);
        }
        is_found = (int)p->is_found;
        p->sought = NULL;
        p->undecided = undecided;
        p->unreached = unreached;
    }
    return is_found;
}
#endif

/* @graph */
