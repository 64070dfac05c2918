/* Replays the vectors of octets on a decoder of its own.  SPDX-License-Identifier: CC0-1.0
 *
 *   pmip6 vectors generate --out out
 *   cc -O2 -o replay_wire examples/harness/replay_wire.c && ./replay_wire out/wire.json
 *
 * wire.json has one vector to a line, so that no JSON library is needed here.  A decoder is
 * wrong if it refuses a valid or an acceptable vector, reads another sequence number, lifetime
 * or options than `fields` says, or takes a vector that has to be dropped (`reception`).
 * Put your own decoder in place of decode() below.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 4096, NO_NEXT_HEADER = 59, UPDATE = 5, ACKNOWLEDGEMENT = 6 };

typedef struct {
    const char *reception;
    int sequence, lifetime, options; /* of a PBU or PBA; -1 in other messages */
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

/* What becomes of a packet before its content counts (RFC 6275, section 9.2). */
static Read decode(const uint8_t *source, const uint8_t *destination,
                   const uint8_t *octets, size_t length)
{
    Read read = {"process", -1, -1, -1};
    const uint8_t *care_of = source;
    if (length < 6)
        return (Read){"discard", -1, -1, -1};
    size_t told = ((size_t)octets[1] + 1) * 8, body = told < length ? told : length;
    int type = octets[2];
    if (!verifies(source, destination, octets, body))
        return (Read){"discard", -1, -1, -1};
    if (!is_known(type))
        return (Read){"binding_error", -1, -1, -1};
    if (octets[0] != NO_NEXT_HEADER)
        return (Read){"parameter_problem", -1, -1, -1};
    size_t at = fixed_length(type);
    if (body < at)
        return (Read){"parameter_problem", -1, -1, -1};
    if (told > length || at == 0)
        return (Read){"discard", -1, -1, -1};
    int options = 0;
    while (at < body) {
        if (octets[at] == 0) { /* Pad1 */
            at++;
            continue;
        }
        if (at + 2 > body || at + 2 + octets[at + 1] > body)
            return (Read){"discard", -1, -1, -1};
        if (octets[at] == 3 && octets[at + 1] == 16)
            care_of = octets + at + 2; /* Alternate Care-of Address */
        options += octets[at] != 1;    /* PadN */
        at += 2 + (size_t)octets[at + 1];
    }
    if (type == UPDATE) {
        if (!is_unicast_routable(care_of))
            return (Read){"discard", -1, -1, -1};
        read = (Read){"process", octets[6] << 8 | octets[7], octets[10] << 8 | octets[11], options};
    } else if (type == ACKNOWLEDGEMENT)
        read = (Read){"process", octets[8] << 8 | octets[9], octets[10] << 8 | octets[11], options};
    return read;
}

/* The text behind "key": in a line, from its first character on; NULL without the key. */
static const char *value(const char *line, const char *key)
{
    char quoted[64];
    snprintf(quoted, sizeof quoted, "\"%s\": ", key);
    const char *found = strstr(line, quoted);
    return found ? found + strlen(quoted) : NULL;
}

static int number(const char *line, const char *key)
{
    const char *found = value(line, key);
    return found ? atoi(found) : -1;
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

static int is_wrong(const char *line)
{
    uint8_t octets[LONGEST], source[16], destination[16];
    const char *name = value(line, "name"), *reception = value(line, "reception");
    size_t length = octets_of(value(line, "hex") + 1, octets);
    address_of(value(line, "source") + 1, source);
    address_of(value(line, "destination") + 1, destination);
    Read read = decode(source, destination, octets, length);
    int wrong = strncmp(reception + 1, read.reception, strlen(read.reception)) != 0;
    if (!wrong && read.options >= 0) {
        int options = 0;
        for (const char *at = line; (at = strstr(at, "\"option\": ")); at++)
            options++;
        wrong = read.sequence != number(line, "sequence") ||
                read.lifetime != number(line, "lifetime") || read.options != options;
    }
    if (wrong)
        printf("%.*s: %s\n", (int)strcspn(name + 1, "\""), name + 1, read.reception);
    return wrong;
}

int main(int count, char **arguments)
{
    static char line[1 << 16];
    int vectors = 0, wrong = 0;
    FILE *file = count == 2 ? fopen(arguments[1], "r") : NULL;
    if (!file) {
        fprintf(stderr, "%s: name the file wire.json of a pack\n", arguments[0]);
        return 2;
    }
    while (fgets(line, sizeof line, file))
        if (value(line, "hex")) {
            vectors++;
            wrong += is_wrong(line);
        }
    fclose(file);
    printf("%d vectors, %d wrong\n", vectors, wrong);
    return vectors == 0 || wrong != 0;
}
