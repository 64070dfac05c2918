/* Numbers for the words of packed states.

   A large state is made of few different words: the numbers of a state's words tell it in a
   fraction of its bits ('collapse').  Each place of a word has its own numbers, from 0 on.  Threads share
   them: a word that is known is looked up without a lock, and a word that is new gets the next number under
   one.  So numbers depend on what came first, and nothing but entries of tables and rows has them. */

#define NUMBERS 65536 /* in one piece of memory, and pieces */

typedef struct {
    u64 word;
    u64 number; /* 1 + that of the word; 0: free */
} Slot;

typedef struct Slots {
    struct Slots *smaller; /* what was in use before, and may be looked at still */
    u64 size;
    int shift; /* of a hash, to a place below the size */
    Slot at[];
} Slots;

typedef struct {
    u64 **pieces; /* the words by their numbers */
    Slots *slots;
    u64 count;
} Numbered;

typedef struct {
#if COLLAPSED
    Numbered places[WORDS];
    u64 bytes;
    u8 lock;
#endif
    u8 unused;
} Words;

#if COLLAPSED
static u64 number_at(const u64 *numbers, int i) { return (u32)(numbers[i / 2] >> i % 2 * 32); }

static void put_number(u64 *numbers, int i, u64 number)
{
    numbers[i / 2] |= number << i % 2 * 32;
}

static u64 word_of(const Numbered *n, u64 number)
{
    return n->pieces[number / NUMBERS][number % NUMBERS];
}

/* The words of which these are the numbers. */
static void spell(const Words *known, const u64 *numbers, u64 *w)
{
    for (int i = 0; i < WORDS; i++)
        w[i] = word_of(&known->places[i], number_at(numbers, i));
}

static void expect_spelling(const Words *known, const u64 *numbers)
{
#if defined __GNUC__
    for (int i = 0; i < WORDS; i++) {
        u64 number = number_at(numbers, i);
        __builtin_prefetch(&known->places[i].pieces[number / NUMBERS][number % NUMBERS]);
    }
#endif
}

static int bits_of_numbers(const Words *known, int i)
{
    int bits = 0;
    for (u64 last = known->places[i].count - 1; last; last >>= 1)
        bits++;
    return bits;
}

static u64 scattered(u64 word)
{
    word *= 0x9e3779b97f4a7c15u;
    word ^= word >> 32;
    return word * 0xd6e8feb86659fd93u;
}

/* The slot of a word: that with its number, or a free one. */
static Slot *slot_of(Slots *s, u64 word, u64 *number)
{
    for (u64 i = scattered(word) >> s->shift;; i++) {
        Slot *slot = &s->at[i & (s->size - 1)];
        *number = __atomic_load_n(&slot->number, __ATOMIC_ACQUIRE);
        if (!*number || slot->word == word)
            return slot;
    }
}

static Slots *new_slots(Words *known, u64 size, Slots *smaller)
{
    Slots *s = calloc(1, sizeof *s + size * sizeof(Slot));
    if (s) {
        known->bytes += sizeof *s + size * sizeof(Slot);
        s->size = size;
        s->smaller = smaller;
        for (s->shift = 64; size > 1; size >>= 1)
            s->shift--;
    }
    return s;
}

static void put_slot(Slot *slot, u64 word, u64 number)
{
    slot->word = word;
    __atomic_store_n(&slot->number, number, __ATOMIC_RELEASE);
}

/* Give a word the next number: 1 + that; 0 where there is no memory.  Under the lock. */
static u64 add_word(Words *known, Numbered *n, u64 word)
{
    u64 number = n->count, found;
    Slot *slot = slot_of(n->slots, word, &found);
    if (found) /* another thread was faster */
        return found;
    if (number / NUMBERS == NUMBERS - 1)
        return 0;
    if (number % NUMBERS == 0) {
        n->pieces[number / NUMBERS] = malloc(NUMBERS * sizeof(u64));
        if (!n->pieces[number / NUMBERS])
            return 0;
    }
    if (4 * number >= 3 * n->slots->size) {
        Slots *more = new_slots(known, 2 * n->slots->size, n->slots);
        if (!more)
            return 0;
        for (u64 i = 0; i < number; i++)
            put_slot(slot_of(more, word_of(n, i), &found), word_of(n, i), i + 1);
        slot = slot_of(more, word, &found);
        __atomic_store_n(&n->slots, more, __ATOMIC_RELEASE);
    }
    n->pieces[number / NUMBERS][number % NUMBERS] = word;
    known->bytes += sizeof(u64);
    put_slot(slot, word, number + 1);
    n->count++;
    return number + 1;
}

/* 1 + the number of a word, a new one if need be; 0 where there is no memory. */
static u64 number_of_word(Words *known, int i, u64 word)
{
    Numbered *n = &known->places[i];
    u64 number;
    slot_of(__atomic_load_n(&n->slots, __ATOMIC_ACQUIRE), word, &number);
    if (!number) {
        while (__atomic_test_and_set(&known->lock, __ATOMIC_ACQUIRE))
            ;
        number = add_word(known, n, word);
        __atomic_clear(&known->lock, __ATOMIC_RELEASE);
    }
    return number;
}

static void expect_word(const Words *known, int i, u64 word)
{
#if defined __GNUC__
    const Slots *s = __atomic_load_n(&known->places[i].slots, __ATOMIC_ACQUIRE);
    __builtin_prefetch(&s->at[scattered(word) >> s->shift]);
#endif
}

/* The numbers of the words of a state, packed; -1 where there is no memory. */
static int number_words(Words *known, const u64 *w, u64 *found)
{
    memset(found, 0, KEPT * sizeof(u64));
    for (int i = 0; i < WORDS; i++) {
        u64 number = number_of_word(known, i, w[i]);
        if (!number)
            return -1;
        put_number(found, i, number - 1);
    }
    return 0;
}

/* Give back what no thread looks at any more. */
static void forget_smaller(Words *known)
{
    for (int i = 0; i < WORDS; i++) {
        Slots *now = known->places[i].slots;
        for (Slots *s = now->smaller, *smaller; s; s = smaller) {
            smaller = s->smaller;
            known->bytes -= sizeof *s + s->size * sizeof(Slot);
            free(s);
        }
        now->smaller = NULL;
    }
}

static u64 words_bytes(const Words *known) { return known->bytes; }

static int words_new(Words *known)
{
    for (int i = 0; i < WORDS; i++) {
        Numbered *n = &known->places[i];
        n->pieces = calloc(NUMBERS, sizeof *n->pieces);
        n->slots = new_slots(known, 1024, NULL);
        if (!n->pieces || !n->slots || !add_word(known, n, 0))
            return -1;
    }
    return 0;
}

static void words_free(Words *known)
{
    forget_smaller(known);
    for (int i = 0; i < WORDS; i++) {
        Numbered *n = &known->places[i];
        for (u64 k = 0; k * NUMBERS < n->count; k++)
            free(n->pieces[k]);
        free(n->pieces);
        free(n->slots);
    }
}
#else
static u64 words_bytes(const Words *known) { return known->unused; }
static int words_new(Words *known) { return known->unused; }
static void words_free(Words *known) { known->unused = 0; }
static void forget_smaller(Words *known) { known->unused = 0; }
#endif
