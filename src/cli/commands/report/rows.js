/* SPDX-License-Identifier: MIT */
'use strict';
/* The page contains the records as NDJSON. Their values become text nodes or properties,
   never markup. */
const KINDS = ['head', 'face', 'cloth', 'object'];
const $ = (id) => document.getElementById(id);
const base = document.body.dataset.base;
/* Made on Windows, where a backslash separates the parts of a path. */
const hasDrives = 'drives' in document.body.dataset;

const make = (name, className, text) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
};

/* Control characters and bidirectional overrides are escaped. */
const HARMFUL = new RegExp('[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b' +
    '\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb' +
    '\\u{e0000}-\\u{e0fff}]', 'gu');
const hex = (code) => code.toString(16).padStart(2, '0');
const safe = (text) => String(text).replace(HARMFUL, (c) => c < '\x80'
    ? '\\x' + hex(c.charCodeAt(0)) : '\\u{' + c.codePointAt(0).toString(16) + '}');
/* A name as the program shows it. A byte that is not UTF-8 is one U+FFFD in the input;
   bytes has all of them. */
const safeName = (text, bytes) => {
    const plain = (part) => safe(hasDrives ? part : part.replace(/\\/g, '\\\\'));
    if (bytes === null) return plain(text);
    let at = 0;
    return [...text].map((c) => {
        const bad = c === '\ufffd' && !bytes.startsWith('\xef\xbf\xbd', at);
        const start = at;
        at += bad ? 1 : new TextEncoder().encode(c).length;
        return bad ? '\\x' + hex(bytes.charCodeAt(start)) : plain(c);
    }).join('');
};

const numbers = new Intl.NumberFormat('en');
const count = (number, noun) =>
    numbers.format(number) + ' ' + noun + (number === 1 ? '' : 's');

const isUrl = (name) => /^https?:\/\//i.test(name);
/* A drive's colon is not escaped; two leading slashes precede another computer. */
const windowsLinkOf = (path) => {
    const drive = path.match(/^[a-z]:(?=\/)/i) || [''];
    const rest = path.slice(drive[0].length).split('/').map(encodeURIComponent).join('/');
    if (drive[0]) return 'file:///' + drive[0] + rest;
    if (path.startsWith('//')) return 'file:' + rest;
    return path.startsWith('/') ? rest : base + rest; // on the drive of the page
};
/* Null: there is no file, or its name is not known. */
const linkOf = (row) => {
    const name = row.input;
    if (row.broken) return null;
    if (row.bytes !== null) {
        const path = row.bytes.replace(/^\/+/, '/').replace(/[^\w.~\/-]/g,
            (c) => '%' + hex(c.charCodeAt(0)));
        return path.startsWith('/') ? 'file://' + path : base + path;
    }
    if (name === '-' || isUrl(name) || /[\ud800-\udfff\ufffd]/u.test(name)) return null;
    if (hasDrives) return windowsLinkOf(name.replace(/\\/g, '/'));
    // Some browsers treat several leading slashes as the name of another computer.
    const path = name.replace(/^\/+/, '/').split('/').map(encodeURIComponent).join('/');
    return name.startsWith('/') ? 'file://' + path : base + path;
};

const read = () => {
    const rows = [];
    // The first line is the rest of the line with the start tag.
    $('data').textContent.split('\n').forEach((line, number) => {
        if (line.trim() === '') return;
        try {
            const row = JSON.parse(line.trim()); // also removes a byte order mark
            if (typeof row.input !== 'string' || typeof row.status !== 'string')
                throw new Error('not a record');
            row.bytes = row.input_bytes === undefined ? null : atob(row.input_bytes);
            row.line = number - 1;
            rows.push(row);
        } catch (error) {
            rows.push({ index: number, line: number - 1, input: 'line ' + number,
                broken: true, bytes: null,
                status: 'unreadable', message: 'this line is not a record' });
        }
    });
    for (const row of rows) {
        row.good = row.status === 'KLINGREC_OK';
        row.name = safeName(row.input, row.bytes);
        row.find = (row.name + ' ' + (row.message || '') + ' ' + row.status)
            .toLowerCase();
    }
    return rows;
};

const collator = new Intl.Collator(undefined, { numeric: true });
const byIndex = (a, b) => (Number(a.index) || 0) - (Number(b.index) || 0);
const rows = read().sort(byIndex); // the file has them as they were answered

/* ---- Thumbnails: elements with some lines each, which arrive after this script ---- */

const elements = document.getElementsByClassName('thumbnails');
const thumbnails = []; // the lines of the elements that are complete
let completed = 0;

/* Undefined: still loading. A JPEG in base64, or "!" and what happened to the file, or
   "-" and why there is no thumbnail, or nothing if the file itself can be shown. */
const thumbnailOf = (row) => {
    if (thumbnails[row.line] !== undefined) return thumbnails[row.line];
    const isLoading = document.readyState === 'loading';
    for (; completed < elements.length - isLoading; completed++)
        thumbnails.push(...elements[completed].textContent.split('\n').slice(0, -1));
    return thumbnails[row.line] ?? (isLoading ? undefined : '');
};
