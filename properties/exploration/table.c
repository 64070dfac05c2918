/* The table of the states that were met: exact, without the states themselves.

   `mixed` is a one-to-one function of the packed state: its first word, which the other
   words disturb, is multiplied and shifted within its own bits (quotienting, after Cleary).
   The low bits of that word are the part; the high bits tell the bucket, as a share of the
   number of buckets, and what they say beyond it is stored with the bits below and the
   other words.  An entry that found its bucket full lies in a later one, and says how many
   further.  So place and entry tell the whole state: nothing else is kept of it but the
   depth at which it was found, by which runs are found again (engine_before).

   COLLAPSED: the first word tells the bucket alone, and an entry has, in place of words,
   their numbers, with as many bits as the largest has.

   COMPACT: the first word is a hash of all, of which MIXED bits count, and there are no
   others.  Entries are packed to octets: from the low bits those further on (1 for the
   bucket itself; 0 is free), the rest of the high bits, the bits below, the other words,
   the depth. */

#define DISTANCE 5 /* bits */
#define KEY (WORDS + 2)
#define PART_BITS 3
#define VALUE (MIXED - PART_BITS)
#define BELOW (VALUE > 32 ? VALUE - 32 : 0)
#define MASK(bits) ((bits) < 64 ? (1ull << ((bits) & 63)) - 1 : ~0ull)
#define LOAD(most) ((most) / 20 * 17)
#define FEWEST 512 /* buckets */

static u64 loaded(const u8 *from)
{
    u64 x;
    memcpy(&x, from, sizeof x);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

static u64 disturbance(const u64 *w)
{
    u64 h = 0;
    for (int i = 1; i < WORDS; i++) {
        h = (h ^ w[i]) * 0xff51afd7ed558ccdu;
        h ^= h >> 32;
    }
    return h;
}

/* The first word of a packed state, mixed. */
static u64 mixed(const u64 *w)
{
    u64 x = (w[0] ^ disturbance(w)) & MASK(SPREAD);
    x = x * 0x9e3779b97f4a7c15u & MASK(SPREAD);
    x ^= x >> (SPREAD + 1) / 2;
    x = x * 0xd6e8feb86659fd93u & MASK(SPREAD);
    return x ^ x >> (SPREAD + 1) / 2;
}

#if !COLLAPSED
/* From a packed state to a row: the first word is mixed, the others are as they were. */
static void mix(const u64 *w, u64 *row)
{
    row[0] = mixed(w);
    for (int i = 1; i < WORDS; i++)
        row[i] = w[i];
}

static void unmix(const u64 *row, u64 *w)
{
    u64 x = row[0];
    x ^= x >> (SPREAD + 1) / 2;
    x = x * 0xcfee444d8b59a89bu & MASK(SPREAD); /* the inverse modulo 2^64 */
    x ^= x >> (SPREAD + 1) / 2;
    x = x * 0xf1de83e19937733du & MASK(SPREAD);
    for (int i = 1; i < WORDS; i++)
        w[i] = row[i];
    w[0] = (x ^ disturbance(w)) & MASK(SPREAD);
}
#endif

static int part_of(const u64 *row) { return (int)(row[0] & (PARTS - 1)); }

/* The bits of a row that count, without the part. */
static u64 value_of(const u64 *row) { return row[0] >> PART_BITS & MASK(VALUE); }

static u64 high_of(u64 value)
{
    return VALUE > 32 ? value >> BELOW : value << (VALUE > 32 ? 0 : 32 - VALUE);
}

static u64 bucket_of(const Table *t, const u64 *row)
{
    return high_of(value_of(row)) * t->buckets >> 32;
}

static const u8 *bucket_at(const Table *t, u64 bucket)
{
    return t->entries + bucket * t->stride;
}

static void put_bits(u64 *key, int at, u64 x, int bits)
{
    key[at >> 6] |= x << (at & 63);
    if ((at & 63) + bits > 64)
        key[(at >> 6) + 1] |= x >> (64 - (at & 63));
}

static u64 bits_at(const u8 *entry, int at, int bits)
{
    u64 x = loaded(entry + (at >> 3)) >> (at & 7);
    if ((at & 7) + bits > 64)
        x |= loaded(entry + (at >> 3) + 8) << (64 - (at & 7));
    return x & MASK(bits);
}

/* The key of a row in its own bucket, which is returned. */
static u64 key_of(const Table *t, const u64 *row, u64 *key)
{
    u64 value = value_of(row);
    u64 product = high_of(value) * t->buckets;
    for (int i = 1; i < KEY; i++)
        key[i] = 0;
#if COLLAPSED
    int at = DISTANCE;
    key[0] = 1;
    for (int i = 0; i < WORDS; i++) {
        put_bits(key, at, number_at(row + STATE, i), t->widths[i]);
        at += t->widths[i];
    }
#else
    u64 share = product & 0xffffffffu; /* over the number of buckets, by its reciprocal */
    u64 beyond = (share * (t->reciprocal >> 32)
                  + (share * (t->reciprocal & 0xffffffffu) >> 32)) >> 32;
    key[0] = 1 | beyond << DISTANCE | (value & MASK(BELOW)) << (DISTANCE + t->beyond);
#endif
#if !COMPACT && !COLLAPSED
    int at = DISTANCE + t->beyond + BELOW;
    for (int i = 1; i < WORDS; i++) {
        put_bits(key, at, row[i], word_bits[i]);
        at += word_bits[i];
    }
#endif
    return product >> 32;
}

static int is_rest(const Table *t, const u8 *entry, const u64 *key)
{
    int i = 1;
    while (i < t->words
           && !((loaded(entry + 8 * i) ^ key[i]) & (i + 1 < t->words ? ~0ull : t->last)))
        i++;
    return i >= t->words;
}

/* Where the row is, or the free place for it, with its key; NULL if there is none. */
static u8 *place_of(const Table *t, const u64 *row, u64 *key, int *is_free)
{
    u64 bucket = key_of(t, row, key);
    for (int further = 0; further < (1 << DISTANCE) - 1; further++) {
        u8 *entry = t->entries + bucket * t->stride;
        for (int k = 0; k < t->slots; k++, entry += t->octets) {
            u64 first = loaded(entry);
            if ((first & t->first) == key[0] && is_rest(t, entry, key)) {
                *is_free = 0;
                return entry;
            }
            if (!(first & MASK(DISTANCE))) {
                *is_free = 1;
                return entry;
            }
        }
        key[0]++;
        if (++bucket == t->buckets)
            bucket = 0;
    }
    return NULL;
}

static void put_entry(const Table *t, u8 *entry, u64 *key, u64 depth)
{
#if !COMPACT
    put_bits(key, t->bits, depth, t->depth);
#endif
    for (int i = 0, left = t->octets; left > 0; i++, left -= 8) {
        u64 x = key[i];
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        x = __builtin_bswap64(x);
#endif
        memcpy(entry + 8 * i, &x, left < 8 ? (size_t)left : 8);
    }
}

static const u8 *entry_at(const Table *t, u64 place)
{
    return t->entries + place / (u64)t->slots * t->stride
        + place % (u64)t->slots * (u64)t->octets;
}

static int is_used(const Table *t, u64 place)
{
    return (*entry_at(t, place) & MASK(DISTANCE)) != 0;
}

static u64 depth_at(const Table *t, u64 place)
{
    return bits_at(entry_at(t, place), t->bits, t->depth);
}

/* The row of a place in use. */
static void row_at(const Table *t, int part, u64 place, u64 *row)
{
    const u8 *entry = entry_at(t, place);
#if COLLAPSED
    int at = DISTANCE;
    u64 w[WORDS];
    (void)part;
    memset(row, 0, ROW * sizeof(u64));
    for (int i = 0; i < WORDS; i++) {
        put_number(row + STATE, i, bits_at(entry, at, t->widths[i]));
        at += t->widths[i];
    }
    spell(t->known, row + STATE, w);
    row[0] = mixed(w);
#else
    u64 bucket = place / (u64)t->slots, further = (*entry & MASK(DISTANCE)) - 1;
    bucket += bucket < further ? t->buckets : 0;
    bucket -= further;
    u64 high = ((bucket << 32) + t->buckets - 1) / t->buckets
        + bits_at(entry, DISTANCE, t->beyond);
    int at = DISTANCE + t->beyond;
    u64 value = VALUE > 32 ? high << BELOW | bits_at(entry, at, BELOW)
                           : high >> (VALUE > 32 ? 0 : 32 - VALUE);
    row[0] = value << PART_BITS | (u64)part;
#if !COMPACT
    at += BELOW;
    for (int i = 1; i < WORDS; i++) {
        row[i] = bits_at(entry, at, word_bits[i]);
        at += word_bits[i];
    }
#endif
#endif
}

/* Whether words have got numbers of more bits than entries have. */
static int is_narrow(const Table *t)
{
#if COLLAPSED
    for (int i = 0; i < WORDS; i++)
        if (bits_of_numbers(t->known, i) > t->widths[i])
            return 1;
#else
    (void)t;
#endif
    return 0;
}

/* The shape of a table with so many buckets and bits for the depth; without entries. */
static Table shaped(const Words *known, u64 buckets, int depth)
{
    Table t = {0};
    t.known = known;
    t.buckets = buckets;
    t.depth = COMPACT ? 0 : depth;
    t.reciprocal = ~0ull / buckets + 1;
    for (u64 most = 0xffffffffu / buckets; most; most >>= 1)
        t.beyond++;
    t.bits = DISTANCE + t.beyond + BELOW;
#if COLLAPSED
    t.bits = DISTANCE;
    for (int i = 0; i < WORDS; i++)
        t.bits += t.widths[i] = (u8)(bits_of_numbers(known, i) + 1);
#elif !COMPACT
    for (int i = 1; i < WORDS; i++)
        t.bits += word_bits[i];
#endif
    t.octets = (t.bits + t.depth + 7) / 8;
    t.words = (t.bits + 63) / 64;
    t.last = t.bits & 63 ? MASK(t.bits & 63) : ~0ull;
    t.first = t.words > 1 ? ~0ull : t.last;
    t.slots = 64 / t.octets < 4 ? 4 : 64 / t.octets > 12 ? 12 : 64 / t.octets;
    t.stride = (u64)(t.slots * t.octets);
    return t;
}

static u64 table_bytes(const Table *t)
{
    return t->buckets * t->stride;
}

static u64 table_places(const Table *t)
{
    return t->buckets * (u64)t->slots;
}

static size_t octets_of(const Table *t)
{
    return table_bytes(t) + 8 * KEY; /* keys are read in whole words */
}

/* Entries that are 0, in large pages where the system has them: places are met at random. */
static u8 *zeros(const Table *t)
{
#ifdef MADV_HUGEPAGE
    void *found = mmap(NULL, octets_of(t), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (found == MAP_FAILED)
        return NULL;
    madvise(found, octets_of(t), MADV_HUGEPAGE);
    return found;
#else
    return calloc(1, octets_of(t));
#endif
}

static void table_free(Table *t)
{
#ifdef MADV_HUGEPAGE
    if (t->entries)
        munmap(t->entries, octets_of(t));
#else
    free(t->entries);
#endif
}

static int table_new(Table *t, u64 buckets, int depth)
{
    *t = shaped(t->known, buckets, depth);
    t->entries = zeros(t);
    return t->entries ? 0 : -1;
}

/* Move all entries to another table; -1 if one finds no place there. */
static int moved(const Table *from, Table *to, int part)
{
    u64 row[WORDS + STATE], key[KEY];
    int is_free;
    for (u64 i = 0; i < table_places(from); i++) {
        if (!is_used(from, i))
            continue;
        row_at(from, part, i, row);
        u8 *entry = place_of(to, row, key, &is_free);
        if (!entry)
            return -1;
        put_entry(to, entry, key, COMPACT ? 0 : depth_at(from, i));
    }
    return 0;
}

/* A larger table, or one with more bits for the depth; -1 where there is no room for it. */
static int table_grow(Table *t, int part, u64 buckets, int depth, u64 most)
{
    Table next = shaped(t->known, buckets, depth);
    if (buckets >> 31 || table_bytes(&next) > most)
        return -1;
    if (table_new(&next, buckets, depth))
        return -1;
    if (moved(t, &next, part)) {
        table_free(&next);
        return table_grow(t, part, buckets + buckets / 8, depth, most);
    }
    table_free(t);
    *t = next;
    return 0;
}
