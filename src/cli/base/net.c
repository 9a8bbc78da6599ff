/* SPDX-License-Identifier: MIT */
/* net.c - which addresses are public */
#include "base/net.h"

#include <string.h>

struct range {
    unsigned char first[16]; /* the rest is 0 */
    unsigned bits;           /* how many of its bits all addresses of the range have */
};

/* IANA's registry of special addresses for IPv4 (RFC 6890), groups, and one that looks
   public. */
static const struct range not_public_v4[] = {
    {{0}, 8},                 /* this network */
    {{10}, 8},                /* private */
    {{100, 64}, 10},          /* shared by the customers of a provider: RFC 6598 */
    {{127}, 8},               /* this machine */
    {{169, 254}, 16},         /* this link; metadata of cloud machines */
    {{168, 63, 129, 16}, 32}, /* Azure's host of a virtual machine, and its metadata */
    {{172, 16}, 12},          /* private */
    {{192, 0, 0}, 24},        /* protocols of the IETF */
    {{192, 0, 2}, 24},        /* examples */
    {{192, 88, 99}, 24},      /* relays of 6to4 */
    {{192, 168}, 16},         /* private */
    {{198, 18}, 15},          /* benchmarks */
    {{198, 51, 100}, 24},     /* examples */
    {{203, 0, 113}, 24},      /* examples */
    {{224}, 3},               /* groups, reserved, broadcast */
};

/* Of IPv6 only this range is in use for single machines (RFC 4291, 2.4). So these are
   left out: unspecified, this machine, IPv4 in IPv6 in each of its forms, NAT64, this
   link, private and groups. */
static const struct range global_v6 = {{0x20}, 3};
static const struct range not_public_v6[] = {
    {{0x20, 0x01}, 23},             /* protocols of the IETF, with Teredo */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* examples */
    {{0x20, 0x02}, 16},             /* 6to4: an IPv4 address is inside */
    {{0x3f, 0xff}, 20},             /* examples */
};

static const struct range loopback_v4 = {{127}, 8};
static const struct range loopback_v6 = {{[15] = 1}, 128};

static bool
is_in(const struct address *address, const struct range *range)
{
    size_t whole = range->bits / 8;
    unsigned rest = range->bits % 8;
    return memcmp(address->bytes, range->first, whole) == 0 &&
           (rest == 0 ||
            (address->bytes[whole] ^ range->first[whole]) >> (8 - rest) == 0);
}

bool
cli_net_is_public(const struct address *address)
{
    const struct range *ranges = address->is_v6 ? not_public_v6 : not_public_v4;
    size_t count = address->is_v6 ? sizeof not_public_v6 / sizeof *ranges
                                  : sizeof not_public_v4 / sizeof *ranges;
    for (size_t i = 0; i < count; i++)
        if (is_in(address, &ranges[i]))
            return false;
    return !address->is_v6 || is_in(address, &global_v6);
}

bool
cli_net_is_loopback(const struct address *address)
{
    return is_in(address, address->is_v6 ? &loopback_v6 : &loopback_v4);
}
