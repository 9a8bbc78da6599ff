/* SPDX-License-Identifier: MIT */
/* seeds.c - small images and texts to start from, in the notation of image_text.h.
   Compiled once for each target: KIND is 0 for images, 1 for base64, 2 for readers. */
#include "fuzz.h"

#include "../unit/image_text.h"
#include "base/base64.h"

static const char *const images[] = {
    "FFD8 FFE0 0010 'JFIF' 0001010000010001 0000 FFDB 0043 00 01*64 FFC0 000B 08 012C "
    "0190 01 01 11 00 FFC4 0014 00 01 00*15 07 FFDA 0008 01 01 00 00 3F 00 12 FF00 "
    "FFD0 "
    "34 FFD9",
    "FFD8 FFE1 0022 'Exif' 0000 'MM' 002A 00000008 0001 0112 0003 00000001 00060000 "
    "00000000 FFC2 0011 08 012C 0190 03 01 22 00 02 11 01 03 11 01 FFDA 000C 03 01 00 "
    "02 11 03 11 00 00 00 55 FFC4 0002 FFDA 0008 01 02 00 01 3F 00 66 FFD9",
    "FFD8 FFE1 0022 'Exif' 0000 'II' 2A00 08000000 0100 1201 0400 01000000 03000000 "
    "00000000 FFDD 0004 0001 FFCC 0004 00 10 FFC9 000B 08 012C 0190 01 01 11 00 FFDA "
    "0008 01 01 00 00 3F 00 FFD9",
    "FFD8 FFC0 000B 08 0000 0190 01 01 11 00 FFDA 0008 01 01 00 00 3F 00 12 FFDC 0004 "
    "012C FFD9",
    "FFD8 0000 FFFF FFFE 0000 FFC3 000E 10 012C 0190 02 01 11 00 02 11 00 FFDA 000A 02 "
    "01 00 02 00 01 00 00 FFD9 'trailer'",
    "89 'PNG' 0D0A1A0A {'IHDR' 00000190 0000012C 08 02 00 00 00} {'IDAT' 789C0102} "
    "{'IDAT' 03} {'IEND'}",
    "89 'PNG' 0D0A1A0A {'IHDR' 00000190 0000012C 08 03 00 00 01} {'gAMA' 0000B18F} "
    "{'PLTE' 010203 040506} {'tRNS' 00} {'IDAT' 789C0102} {'tEXt' 'a' 00 'b'} {'IEND'}",
    "89 'PNG' 0D0A1A0A {'IHDR' 00000190 0000012C 10 06 00 00 00} {'acTL' 00000001 "
    "00000000} {'eXIf' 'MM' 002A 00000008 0001 0112 0003 00000001 00060000} {'IDAT' "
    "789C0102} {'IEND'}",
    "89 'PNG' 0D0A1A0A {'CgBI' 50002002} {'IHDR' 00000190 0000012C 08 06 00 00 00} "
    "{'IDAT' 00} {'IEND'}",
    "89 'PNG' 0A1A0A 00*20",
    "'GIF89a' 0100",
    "'RIFF' 24000000 'WEBPVP8 '",
    "'BM' 00*12 28000000",
    "00000018 'ftypmif1' 00000000 'mif1avif'",
    "0000 0200 0000 00*60 'TRUEVISION-XFILE.' 00",
    "'<?xml version?> <!-- a --> <svg>'",
    "'{' 22 'code' 22 ':1}'",
    "'data:image/png;base64,iVBORw0KGgo='",
};
enum { IMAGES = sizeof images / sizeof images[0] };

size_t
fuzz_seed(size_t index, uint8_t *bytes, size_t max)
{
    static byte_run made;
    size_t len;
    if (index >= IMAGES)
        return 0;
    bytes_make(&made, images[index]);
    if (KIND == 1) {
        const char *prefix = index % 2 != 0 ? "data:image/png;base64," : "";
        size_t head = strlen(prefix);
        memcpy(bytes, prefix, head);
        len = head + klr_base64_encode((char *)bytes + head, made.at, made.len);
        /* A line break selects the slow path of the decoder. */
        if (index % 3 == 0 && len < max) {
            memmove(bytes + head + 5, bytes + head + 4, len - head - 4);
            bytes[head + 4] = '\n';
            len++;
        }
        return len;
    }
    len = 0;
    for (; KIND == 2 && len < 16; len++)
        bytes[len] = (uint8_t)(index * 37 + len * len * 11);
    memcpy(bytes + len, made.at, made.len);
    return len + made.len;
}
