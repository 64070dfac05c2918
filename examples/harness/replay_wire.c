/* Replays the vectors of octets on a decoder of its own.  SPDX-License-Identifier: CC0-1.0
 *
 *   pmip6 vectors generate --out out
 *   cc -O2 -o replay_wire examples/harness/replay_wire.c && ./replay_wire out/wire.json
 *
 * wire.json has one vector to a line, so that no JSON library is needed here.  A decoder is
 * wrong if it refuses a vector that is to be processed (`reception`), takes one that is not, or
 * reads other values than `fields` says.
 * Put your own decoder in place of decode() below.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 4096, LINE = 1 << 16, NO_NEXT_HEADER = 59 };
enum { UPDATE = 5, ACKNOWLEDGEMENT = 6, ERROR = 7, INITIATE = 14 };
enum { SEQUENCE, LIFETIME, STATUS, CODE, ACKNOWLEDGE, PROXY, FIELDS };

static const char *const names[FIELDS] = {
    "sequence", "lifetime", "status", "code", "acknowledge", "proxy"};

typedef struct {
    const char *reception;
    int fields[FIELDS];         /* -1 where the message has none */
    uint8_t home_address[16];   /* of a Binding Error */
    char options[3 * LONGEST];  /* number and data of each: "25 0003;24 02;" */
} Read;

/* Octets before the options, by MH Type; 0 for a type that is unknown here. */
static size_t fixed_length(int type)
{
    switch (type) {
    case UPDATE: case ACKNOWLEDGEMENT: return 12;
    case 7: return 24;           /* Binding Error */
    case 14: case 15: return 10; /* Handover Initiate, Handover Acknowledge */
    default: return 0;
    }
}

/* The types of RFC 6275 up to Binding Error, and the two of RFC 5568. */
static int is_known(int type)
{
    return type <= 7 || type == 14 || type == 15;
}

static uint32_t sum(uint32_t total, const uint8_t *octets, size_t length)
{
    for (size_t i = 0; i < length; i++)
        total += (uint32_t)octets[i] << (i % 2 ? 0 : 8);
    return total;
}

/* The checksum over pseudo-header and message verifies (RFC 6275, section 6.1.1). */
static int verifies(const uint8_t *source, const uint8_t *destination,
                    const uint8_t *body, size_t length)
{
    uint8_t tail[8] = {0, 0, (uint8_t)(length >> 8), (uint8_t)length, 0, 0, 0, 135};
    uint32_t total = sum(sum(sum(sum(0, source, 16), destination, 16), tail, 8), body, length);
    while (total >> 16)
        total = (total & 0xffff) + (total >> 16);
    return total == 0xffff;
}

static int is_unicast_routable(const uint8_t *address)
{
    static const uint8_t zero[15];
    if (address[0] == 0xff || (address[0] == 0xfe && (address[1] & 0xc0) == 0x80))
        return 0;
    return memcmp(address, zero, 15) != 0 || address[15] > 1;
}

static int two(const uint8_t *octets)
{
    return octets[0] << 8 | octets[1];
}

/* What a message says before its options, by the figures of RFC 6275, 5213 and 5568. */
static void read_fields(Read *read, int type, const uint8_t *octets)
{
    int *fields = read->fields;
    if (type == UPDATE) {
        fields[SEQUENCE] = two(octets + 6);
        fields[ACKNOWLEDGE] = octets[8] >> 7;
        fields[PROXY] = octets[8] >> 1 & 1;
        fields[LIFETIME] = two(octets + 10);
    } else if (type == ACKNOWLEDGEMENT) {
        fields[STATUS] = octets[6];
        fields[PROXY] = octets[7] >> 5 & 1;
        fields[SEQUENCE] = two(octets + 8);
        fields[LIFETIME] = two(octets + 10);
    } else if (type == ERROR) {
        fields[STATUS] = octets[6];
        memcpy(read->home_address, octets + 8, 16);
    } else { /* Handover Initiate, Handover Acknowledge */
        fields[SEQUENCE] = two(octets + 6);
        fields[PROXY] = octets[8] >> (type == INITIATE ? 5 : 6) & 1;
        fields[CODE] = octets[9];
    }
}

/* What becomes of a packet before its content counts (RFC 6275, section 9.2), and what it
 * says where it is processed. */
static const char *decode(const uint8_t *source, const uint8_t *destination,
                          const uint8_t *octets, size_t length, Read *read)
{
    const uint8_t *care_of = source;
    char *out = read->options;
    if (length < 6)
        return "discard";
    size_t told = ((size_t)octets[1] + 1) * 8, body = told < length ? told : length;
    int type = octets[2];
    if (!verifies(source, destination, octets, body))
        return "discard";
    if (!is_known(type))
        return "binding_error";
    if (octets[0] != NO_NEXT_HEADER)
        return "parameter_problem";
    size_t at = fixed_length(type);
    if (body < at)
        return "parameter_problem";
    if (told > length || at == 0)
        return "discard";
    while (at < body) {
        if (octets[at] == 0) { /* Pad1 */
            at++;
            continue;
        }
        if (at + 2 > body || at + 2 + octets[at + 1] > body)
            return "discard";
        const uint8_t *data = octets + at + 2;
        size_t size = octets[at + 1];
        if (octets[at] == 3 && size == 16)
            care_of = data; /* Alternate Care-of Address */
        if (octets[at] != 1) { /* PadN */
            out += sprintf(out, "%d ", octets[at]);
            for (size_t i = 0; i < size; i++)
                out += sprintf(out, "%02x", data[i]);
            out += sprintf(out, ";");
        }
        at += 2 + size;
    }
    if (type == UPDATE && !is_unicast_routable(care_of))
        return "discard";
    read_fields(read, type, octets);
    return "process";
}

/* ---- the vectors -------------------------------------------------------------------- */

/* What follows a value: a comma, the bracket that ends what it is in, or the end. */
static const char *behind(const char *at)
{
    int depth = 0, is_text = 0;
    for (; *at; at++) {
        if (*at == '"' && (!is_text || at[-1] != '\\'))
            is_text = !is_text;
        else if (!is_text && (*at == '{' || *at == '['))
            depth++;
        else if (!is_text && (*at == '}' || *at == ']') && depth-- == 0)
            break;
        else if (!is_text && *at == ',' && depth == 0)
            break;
    }
    return at;
}

/* The value of a key of an object, from its first character on; NULL without the key. */
static const char *value(const char *object, const char *key)
{
    size_t length = strlen(key);
    for (const char *at = object; at && (*at == '{' || *at == ',');) {
        at = strchr(at, '"');
        if (!at || !strchr(at + 1, '"'))
            return NULL;
        const char *found = strchr(at + 1, '"') + strlen("\": ");
        if (strncmp(at + 1, key, length) == 0 && at[1 + length] == '"')
            return found;
        at = behind(found);
    }
    return NULL;
}

/* A number, or 1 and 0 for true and false. */
static int number(const char *object, const char *key)
{
    const char *found = value(object, key);
    if (!found)
        return -1;
    return *found == 't' ? 1 : *found == 'f' ? 0 : atoi(found);
}

/* Number and data of each option, as in Read. */
static void options_of(const char *fields, char *out)
{
    const char *at = value(fields, "options");
    *out = 0;
    while (at && (at = strchr(at, '{'))) {
        const char *data = value(at, "data") + 1;
        int size = (int)strcspn(data, "\"");
        out += sprintf(out, "%d %.*s;", number(at, "number"), size, data);
        at = behind(at);
        if (*at != ',')
            break;
    }
}

static size_t octets_of(const char *hex, uint8_t *out)
{
    size_t length = 0;
    unsigned octet;
    while (length < LONGEST && sscanf(hex + 2 * length, "%2x", &octet) == 1)
        out[length++] = (uint8_t)octet;
    return length;
}

/* An address as the vectors write it: at most one "::". */
static void address_of(const char *text, uint8_t *out)
{
    unsigned before[8], behind[8];
    int first = 0, last = 0, gap = 0;
    memset(out, 0, 16);
    while (*text != '"') {
        if (*text == ':') {
            gap |= text[1] == ':';
            text++;
            continue;
        }
        unsigned group = (unsigned)strtoul(text, (char **)&text, 16);
        if (gap) behind[last++] = group;
        else before[first++] = group;
    }
    for (int i = 0; i < first; i++) {
        out[2 * i] = (uint8_t)(before[i] >> 8);
        out[2 * i + 1] = (uint8_t)before[i];
    }
    for (int i = 0; i < last; i++) {
        out[16 - 2 * (last - i)] = (uint8_t)(behind[i] >> 8);
        out[17 - 2 * (last - i)] = (uint8_t)behind[i];
    }
}

/* What the decoder reads otherwise than the vector says; NULL where nothing. */
static const char *wrong_in(const char *vector)
{
    static char options[LINE]; /* its text is shorter than that of the line */
    static Read read;
    uint8_t octets[LONGEST], source[16], destination[16], home_address[16];
    size_t length = octets_of(value(vector, "hex") + 1, octets);
    address_of(value(vector, "source") + 1, source);
    address_of(value(vector, "destination") + 1, destination);
    memset(&read, 0, sizeof read);
    for (int i = 0; i < FIELDS; i++)
        read.fields[i] = -1;
    read.reception = decode(source, destination, octets, length, &read);
    const char *reception = value(vector, "reception") + 1;
    if (strncmp(reception, read.reception, strlen(read.reception)) != 0)
        return read.reception;
    if (strcmp(read.reception, "process") != 0)
        return NULL;
    const char *fields = value(vector, "fields");
    for (int i = 0; i < FIELDS; i++)
        if (read.fields[i] >= 0 && read.fields[i] != number(fields, names[i]))
            return names[i];
    if (octets[2] == ERROR) {
        address_of(value(fields, "home_address") + 1, home_address);
        if (memcmp(home_address, read.home_address, 16) != 0)
            return "home_address";
    }
    options_of(fields, options);
    return strcmp(options, read.options) != 0 ? "options" : NULL;
}

int main(int count, char **arguments)
{
    static char line[LINE];
    int vectors = 0, wrong = 0;
    FILE *file = count == 2 ? fopen(arguments[1], "r") : NULL;
    if (!file) {
        fprintf(stderr, "%s: name the file wire.json of a pack\n", arguments[0]);
        return 2;
    }
    while (fgets(line, sizeof line, file)) {
        const char *vector = strchr(line, '{'), *name = vector ? value(vector, "name") : NULL;
        if (!name)
            continue;
        const char *what = wrong_in(vector);
        vectors++;
        wrong += what != NULL;
        if (what)
            printf("%.*s: %s\n", (int)strcspn(name + 1, "\""), name + 1, what);
    }
    fclose(file);
    printf("%d vectors, %d wrong\n", vectors, wrong);
    return vectors == 0 || wrong != 0;
}
