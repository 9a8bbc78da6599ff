'use strict';
/* The page contains the records as NDJSON. Their values become text nodes or properties,
   never markup. */
const KINDS = ['head', 'face', 'cloth', 'object'];
const HEIGHT = 268, PICTURE = 150, LEAST = 190, GAP = 12;
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
            rows.push(row);
        } catch (error) {
            rows.push({ index: number, input: 'line ' + number, broken: true, bytes: null,
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

const VERDICTS = [
    ['all', () => true],
    ['recognised', (row) => row.good],
    ['qualifies', (row) => row.qualifies === true],
    ['does not qualify', (row) => row.qualifies === false],
    ['failed', (row) => !row.good],
    ['unsure', (row) => !row.good && row.delivery === 'unsure'],
];

const collator = new Intl.Collator(undefined, { numeric: true });
const byIndex = (a, b) => (Number(a.index) || 0) - (Number(b.index) || 0);
const pixelsOf = (row) => Number(row.image?.width * row.image?.height) || 0;
const ORDERS = [
    ['input order', byIndex],
    ['by name', (a, b) => collator.compare(a.name, b.name)],
    ['failures first', (a, b) => a.good - b.good ||
        collator.compare(a.status, b.status) || byIndex(a, b)],
    ['largest first', (a, b) => pixelsOf(b) - pixelsOf(a) || byIndex(a, b)],
];

const rows = read().sort(byIndex); // the file has them as they were answered
let shown = rows, at = 0, columns = 1, wide = LEAST;
const state = { verdict: 0, kinds: {}, status: '', words: [] };

/* ---- Cards ---- */

const chip = (text, className) => make('span', 'chip ' + className, text);

const chipsOf = (row) => {
    const chips = make('div', 'chips');
    if (row.good)
        for (const kind of KINDS) {
            const value = row.regions ? row.regions[kind] : null;
            const word = value === true ? 'yes' : value === false ? 'no' : 'unknown';
            const one = chip(kind, word);
            one.title = kind + ': ' + (word === 'unknown' ? 'not reported' : word);
            chips.append(one);
        }
    else
        chips.append(chip(safe(row.status).replace(/^KLINGREC_(ERR_)?/, '')
            .toLowerCase().replace(/_/g, ' '), 'bad'));
    if (row.delivery === 'unsure') chips.append(chip('may be billed', 'warn'));
    if (row.qualifies === true) chips.append(chip('✓ qualifies', 'yes'));
    if (row.qualifies === false) chips.append(chip('✗ does not qualify', 'warn'));
    return chips;
};

/* ---- Thumbnails: two files are read at a time, and only what the card shows is kept.
   A page of full images would not fit into the memory of the browser. ---- */

const LOADERS = 2, KEPT = 600;
const thumbnails = new Map(); // of a row, the latest last; null: not an image
const waiting = new Map(); // the element that wants the thumbnail of a row
const loading = new Set(); // rows

const shrink = (image) => {
    const { naturalWidth: width, naturalHeight: height } = image;
    const scale = Math.min(1, wide / width, PICTURE / height);
    const pixels = (side) => Math.max(1, Math.round(
        side * Math.min(1, scale * window.devicePixelRatio)));
    const canvas = make('canvas');
    canvas.width = pixels(width);
    canvas.height = pixels(height);
    canvas.style.width = Math.max(1, width * scale) + 'px';
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
    return canvas;
};

const showThumbnail = (picture, thumbnail) => {
    if (thumbnail) picture.replaceChildren(thumbnail);
    else picture.textContent = 'no picture';
};

const keepThumbnail = (row, thumbnail) => {
    loading.delete(row);
    thumbnails.set(row, thumbnail);
    if (thumbnails.size > KEPT) thumbnails.delete(thumbnails.keys().next().value);
    if (waiting.has(row)) showThumbnail(waiting.get(row), thumbnail);
    waiting.delete(row);
    loadNext();
};

/* Cards that were scrolled away are not waited for. */
const loadNext = () => {
    for (const [row, picture] of waiting) {
        if (loading.size >= LOADERS) return;
        if (!picture.isConnected) waiting.delete(row);
        if (!picture.isConnected || loading.has(row)) continue;
        const image = new Image();
        loading.add(row);
        image.onload = () => keepThumbnail(row, image.naturalWidth ? shrink(image) : null);
        image.onerror = () => keepThumbnail(row, null);
        image.src = linkOf(row);
    }
};

const pictureOf = (row) => {
    const picture = make('div', 'picture');
    if (linkOf(row) === null) {
        picture.textContent = isUrl(row.input) ? 'URL' : 'no picture';
    } else if (thumbnails.has(row)) {
        showThumbnail(picture, thumbnails.get(row));
    } else {
        picture.textContent = '\u2026';
        waiting.set(row, picture);
    }
    return picture;
};

/* The middle of a long name is left out: numbers and extensions distinguish names. */
const nameOf = (text) => {
    const name = make('div', 'name'), letters = [...text];
    name.append(make('span', '', letters.slice(0, -10).join('')),
        make('span', '', letters.slice(-10).join('')));
    return name;
};

const cardOf = (number) => {
    const row = shown[number], card = make('div', 'card');
    const path = row.name, cut = path.search(hasDrives ? /[^\/\\]*$/ : /[^\/]*$/);
    const name = nameOf(path.slice(cut) || path), chips = chipsOf(row);
    card.id = 'card' + number;
    card.setAttribute('role', 'option');
    name.title = path;
    card.append(pictureOf(row), name, make('div', 'folder', path.slice(0, cut)),
        chips);
    card.setAttribute('aria-label', [path, ...[...chips.children].map(
        (one) => one.title || one.textContent)].join(', '));
    if (!row.good) {
        const why = make('div', 'why', safe(row.message || ''));
        why.title = safe(row.message || '');
        card.append(why);
    }
    card.addEventListener('click', () => { move(number); open(); });
    return card;
};

/* ---- The grid: only visible cards exist ---- */

const cards = new Map();

const place = (card, number) => {
    const style = card.style;
    style.left = (number % columns) * (wide + GAP) + 'px';
    style.top = Math.floor(number / columns) * (HEIGHT + GAP) + 'px';
    style.width = wide + 'px';
    style.height = HEIGHT + 'px';
    card.classList.toggle('at', number === at);
    card.setAttribute('aria-selected', number === at);
};

const draw = () => {
    const grid = $('grid');
    columns = Math.max(1, Math.floor((grid.clientWidth + GAP) / (LEAST + GAP)));
    wide = (grid.clientWidth - (columns - 1) * GAP) / columns;
    grid.style.height =
        Math.ceil(shown.length / columns) * (HEIGHT + GAP) + 'px';
    const top = window.scrollY - grid.offsetTop;
    const first = Math.max(0, Math.floor(top / (HEIGHT + GAP)) - 2) * columns;
    const last = Math.min(shown.length,
        (Math.ceil((top + window.innerHeight) / (HEIGHT + GAP)) + 2) * columns);
    for (const [number, card] of cards)
        if (number < first || number >= last) {
            card.remove();
            cards.delete(number);
        }
    for (let number = first; number < last; number++) {
        let card = cards.get(number);
        if (card === undefined) {
            card = cardOf(number);
            cards.set(number, card);
            grid.append(card);
        }
        place(card, number);
    }
    grid.setAttribute('aria-activedescendant', shown.length ? 'card' + at : '');
    loadNext();
};

const move = (number) => {
    at = Math.max(0, Math.min(shown.length - 1, number));
    const grid = $('grid'), head = document.querySelector('header').offsetHeight;
    const top = grid.offsetTop + Math.floor(at / columns) * (HEIGHT + GAP);
    if (top < window.scrollY + head + GAP)
        window.scrollTo(0, top - head - GAP);
    else if (top + HEIGHT + GAP > window.scrollY + window.innerHeight)
        window.scrollTo(0, top + HEIGHT + GAP - window.innerHeight);
    draw();
};

/* ---- One image ---- */

const detail = (list, name, value) => {
    if (value === null || value === undefined || value === '') return;
    list.append(make('dt', '', name), make('dd', '', safe(
        typeof value === 'object' ? JSON.stringify(value) : value)));
};

const cutOuts = (list, regions) => {
    for (const region of Array.isArray(regions) ? regions : []) {
        if (!region || !isUrl(region.url || '')) continue;
        const link = make('a', '', safe(region.name) + ' cut-out'), dd = make('dd');
        link.href = region.url;
        link.rel = 'noreferrer noopener';
        link.target = '_blank';
        dd.append(link);
        list.append(make('dt', '', 'on the network'), dd);
    }
};

const imageText = (image) => {
    const parts = [image.format];
    if (image.width) parts.push(image.width + ' x ' + image.height + ' pixels');
    if (image.bytes) parts.push(image.bytes + ' bytes');
    for (const list of ['broken', 'edge'])
        if (image[list] && image[list].length)
            parts.push(list + ': ' + [].concat(image[list]).join(', '));
    return parts.filter(Boolean).join(', ');
};

const open = () => {
    const row = shown[at], box = $('box').lastChild, list = make('dl');
    if (row === undefined) return;
    const link = linkOf(row);
    box.replaceChildren(make('h2', '', row.name));
    if (link !== null) {
        const image = make('img'), anchor = make('a');
        image.alt = '';
        image.src = link;
        anchor.href = link;
        anchor.target = '_blank';
        anchor.append(image);
        box.append(anchor);
    }
    for (const [name, value] of Object.entries(row))
        if (!['good', 'find', 'name', 'bytes', 'input', 'input_bytes', 'regions',
            'region_list'].includes(name))
            detail(list, safe(name),
                name === 'image' && value ? imageText(value) : value);
    cutOuts(list, row.region_list);
    box.append(chipsOf(row), list);
    if (!$('box').open) $('box').showModal();
};

/* Buttons for use without a keyboard; open() replaces the element after them. The close
   button has the focus, so Enter opens and closes. */
const setUpBox = () => {
    const bar = make('div', 'bar');
    for (const [text, act] of [['\u2190 previous', () => { move(at - 1); open(); }],
        ['next \u2192', () => { move(at + 1); open(); }],
        ['close', () => $('box').close()]]) {
        const button = make('button', '', text);
        button.autofocus = text === 'close';
        button.addEventListener('click', act);
        bar.append(button);
    }
    $('box').append(bar, make('div'));
};

/* ---- Filters ---- */

const filter = () => {
    const wanted = VERDICTS[state.verdict][1];
    shown = rows.filter((row) => wanted(row) &&
        (state.status === '' || row.status === state.status) &&
        KINDS.every((kind) => state.kinds[kind] === undefined ||
            (row.good && row.regions && row.regions[kind] === state.kinds[kind])) &&
        state.words.every((word) => row.find.includes(word)));
    for (const card of cards.values()) card.remove();
    cards.clear();
    at = 0;
    $('count').textContent = shown.length + ' of ' + rows.length + ' images';
    $('none').hidden = shown.length > 0;
    window.scrollTo(0, 0);
    draw();
};

/* Each shows the state of its buttons. */
const refreshers = [];

const showAll = () => {
    Object.assign(state, { verdict: 0, kinds: {}, status: '', words: [] });
    $('search').value = $('status').value = '';
    refreshers.forEach((refresh) => refresh());
    filter();
    $('grid').focus();
};

const press = (button, on) => button.setAttribute('aria-pressed', on);

const setUp = () => {
    VERDICTS.forEach(([name, test], number) => {
        const button = make('button', '', name + ' ' + rows.filter(test).length);
        const refresh = () => press(button, state.verdict === number);
        refresh();
        refreshers.push(refresh);
        button.addEventListener('click', () => {
            state.verdict = number;
            refreshers.forEach((other) => other());
            filter();
        });
        button.hidden = number > 1 && number !== 4 && !rows.some(test);
        $('verdicts').append(button);
    });
    for (const kind of KINDS) {
        const button = make('button', '', kind);
        button.title = 'click for yes, again for no, again for any';
        const refresh = () => {
            const value = state.kinds[kind];
            button.textContent = value === undefined ? kind
                : kind + (value ? ': yes' : ': no');
            press(button, value !== undefined);
        };
        refresh();
        refreshers.push(refresh);
        button.addEventListener('click', () => {
            const next = { undefined: true, true: false, false: undefined };
            state.kinds[kind] = next[state.kinds[kind]];
            refresh();
            filter();
        });
        $('verdicts').append(button);
    }
    const statuses = new Map();
    rows.forEach((row) => statuses.set(row.status, (statuses.get(row.status) || 0) + 1));
    for (const [status, count] of [...statuses].sort()) {
        const option = make('option', '', safe(status) + ' (' + count + ')');
        option.value = status;
        $('status').append(option);
    }
    $('status').addEventListener('change', () => {
        state.status = $('status').value;
        filter();
    });
    // Esc empties the box: Chromium then sends "search", and no "input".
    for (const type of ['input', 'search'])
        $('search').addEventListener(type, () => {
            state.words = $('search').value.toLowerCase().split(/\s+/).filter(Boolean);
            filter();
        });
    ORDERS.forEach(([name], number) => {
        const option = make('option', '', name);
        option.value = number;
        $('sort').append(option);
    });
    $('sort').addEventListener('change', () => {
        rows.sort(ORDERS[$('sort').value][1]);
        filter();
    });
    $('reset').addEventListener('click', showAll);
    $('theme').addEventListener('click', () => {
        const root = document.documentElement;
        const dark = root.dataset.theme ? root.dataset.theme === 'dark'
            : window.matchMedia('(prefers-color-scheme: dark)').matches;
        root.dataset.theme = dark ? 'light' : 'dark';
    });
};

const step = (key) => ({ ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns,
    ArrowUp: -columns, PageDown: 3 * columns, PageUp: -3 * columns,
    Home: -shown.length, End: shown.length })[key];

const onKey = (event) => {
    const writing = /^(INPUT|SELECT)$/.test(event.target.tagName);
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === 'Escape' && writing) {
        $('search').blur();
        $('grid').focus();
    } else if (event.key === '/' && !writing) {
        event.preventDefault();
        $('search').focus();
    } else if (!writing && step(event.key) !== undefined) {
        event.preventDefault();
        move(at + step(event.key));
        if ($('box').open) open();
    } else if (event.key === 'Enter' && !writing &&
        !/^(BUTTON|A)$/.test(event.target.tagName)) {
        event.preventDefault(); /* or Enter also presses the button that gets the focus */
        open();
    }
};

setUp();
setUpBox();
filter();
document.addEventListener('keydown', onKey);
window.addEventListener('scroll', draw, { passive: true });
window.addEventListener('resize', draw);
$('box').addEventListener('click', (event) => {
    if (event.target === $('box')) $('box').close();
});
document.documentElement.dataset.ready = 'yes';
