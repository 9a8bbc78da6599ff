/* SPDX-License-Identifier: MIT */
/* The grid: only the cards that can be seen exist. */

const SIZE = [ // the least width of a card, the gap, the height below the picture
    { least: 112, gap: 8, below: 46, shape: 1 },
    { least: 176, gap: 12, below: 88, shape: 3 / 4 },
    { least: 250, gap: 16, below: 88, shape: 3 / 4 },
    { least: 380, gap: 20, below: 88, shape: 3 / 4 },
];
const cards = new Map();
let columns = 1, wide = 1;
const gap = () => SIZE[state.size].gap;
const tall = () => Math.round(wide * SIZE[state.size].shape) + SIZE[state.size].below;

/* ---- Chips ---- */

const chip = (text, className) => make('span', 'chip ' + className, text);

const statusName = (status) => safe(status).replace(/^KLINGREC_(ERR_)?/, '')
    .toLowerCase().replace(/_/g, ' ');

/* Small cards show the first letter only. */
const regionChip = (row, kind) => {
    const value = row.regions ? row.regions[kind] : null;
    const word = value === true ? 'yes' : value === false ? 'no' : 'unknown';
    const one = chip('', word);
    one.append(kind[0], make('span', 'rest', kind.slice(1)));
    one.title = kind + ': ' + (word === 'unknown' ? 'not reported' : word);
    return one;
};

const chipsOf = (row) => {
    const chips = make('div', row.good ? 'chips regions' : 'chips');
    if (row.good) chips.append(...KINDS.map((kind) => regionChip(row, kind)));
    else chips.append(chip(statusName(row.status), 'bad'));
    if (row.delivery === 'unsure') chips.append(chip('may be billed', 'warn'));
    return chips;
};

const verdictOf = (row) => row.qualifies === true ? chip('✓ qualifies', 'yes')
    : row.qualifies === false ? chip('✗ does not qualify', 'warn') : null;

/* ---- Pictures ---- */

const waiting = new Map(); // the element that wants the thumbnail of a row

const placeholder = (picture, text) => {
    picture.classList.add('empty');
    picture.textContent = text;
};

/* decoding: the picture is painted together with its card, never later. */
const imageFrom = (source, decoding) => {
    const image = make('img');
    image.alt = '';
    image.decoding = decoding;
    image.draggable = false;
    image.src = source;
    return image;
};
const LEAST_SIDE = 256; // of the thumbnails; smaller images are not enlarged
const JPEG = 'data:image/jpeg;base64,';
const isReason = (thumbnail) => /^[!-]/.test(thumbnail);

/* False: it is still loading. */
const fill = (picture, row) => {
    const link = linkOf(row), thumbnail = thumbnailOf(row);
    if (row.broken || link === null)
        placeholder(picture, isUrl(row.input) ? 'on the network' : 'no file');
    else if (thumbnail === undefined)
        return false;
    else if (isReason(thumbnail))
        placeholder(picture, thumbnail.slice(1));
    else if (thumbnail !== '') {
        const image = imageFrom(JPEG + thumbnail, 'sync');
        image.classList.toggle('reduced',
            Math.max(row.image?.width, row.image?.height) > LEAST_SIDE);
        picture.append(image);
    } else {
        const image = imageFrom(link, 'async');
        image.onerror = () => placeholder(picture, 'cannot be shown');
        picture.append(image);
    }
    return true;
};

const fillWaiting = () => {
    for (const [row, picture] of waiting)
        if (!picture.isConnected || fill(picture, row)) waiting.delete(row);
};

const pictureOf = (row) => {
    const picture = make('div', 'picture');
    if (!fill(picture, row)) waiting.set(row, picture);
    return picture;
};

/* ---- Cards ---- */

/* The middle of a long name is left out: numbers and extensions distinguish names. */
const nameOf = (text) => {
    const name = make('div', 'name'), letters = [...text];
    name.append(make('span', '', letters.slice(0, -10).join('')),
        make('span', '', letters.slice(-10).join('')));
    return name;
};

/* For the mouse; the keys P and X do the same. */
const markersOf = (row) => {
    const markers = make('div', 'markers');
    for (const [mark, sign] of [['picked', '✓'], ['rejected', '✗']]) {
        const marker = make('span', 'marker ' + mark, sign);
        marker.title = mark === 'picked' ? 'pick (P)' : 'reject (X)';
        marker.addEventListener('click', (event) => {
            event.stopPropagation();
            toggleMark(row, mark);
        });
        markers.append(marker);
    }
    return markers;
};

const labelOf = (card, row) => [row.name, ...[...card.querySelectorAll('.chip')].map(
    (one) => one.title || one.textContent), ...(row.mark === 'none' ? [] : [row.mark])]
    .join(', ');

const cardOf = (number) => {
    const row = shown[number], card = make('div', 'card'), path = row.name;
    const cut = path.search(hasDrives ? /[^\/\\]*$/ : /[^\/]*$/);
    const name = nameOf(path.slice(cut) || path), picture = make('div', 'well');
    const verdict = verdictOf(row), chips = chipsOf(row);
    card.id = 'card' + number;
    card.setAttribute('role', 'option');
    name.title = path;
    picture.append(pictureOf(row), markersOf(row));
    card.append(picture, name);
    if (row.good) {
        const folder = make('div', 'folder');
        folder.append(make('span', '', path.slice(0, cut)), ...(verdict ? [verdict] : []));
        card.append(folder, chips);
    } else {
        const why = make('div', 'why', safe(row.message || ''));
        why.title = safe(row.message || '');
        card.append(chips, why);
    }
    // A screen reader gets one sentence, with what colours and strokes say.
    for (const part of card.children) part.setAttribute('aria-hidden', 'true');
    card.append(make('span', 'label'));
    card.addEventListener('click', () => { move(number); open(); });
    return card;
};

/* ---- The grid ---- */

const place = (card, number) => {
    const style = card.style, row = shown[number];
    style.left = (number % columns) * (wide + gap()) + 'px';
    style.top = Math.floor(number / columns) * (tall() + gap()) + 'px';
    style.width = wide + 'px';
    style.height = tall() + 'px';
    card.firstChild.style.height = tall() - SIZE[state.size].below + 'px';
    card.classList.toggle('at', number === at);
    card.setAttribute('aria-selected', number === at);
    if (card.dataset.mark === row.mark) return;
    card.dataset.mark = row.mark;
    card.lastChild.textContent = labelOf(card, row);
};

const draw = () => {
    const grid = $('grid'), height = tall() + gap();
    const top = window.scrollY - grid.offsetTop;
    const first = Math.max(0, Math.floor(top / height) - 1) * columns;
    const last = Math.min(shown.length,
        (Math.ceil((top + window.innerHeight) / height) + 1) * columns);
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
    if (shown.length > 0) grid.setAttribute('aria-activedescendant', 'card' + at);
    else grid.removeAttribute('aria-activedescendant');
};

/* After the width of the window, the size of the cards or their number has changed. */
const arrange = () => {
    const grid = $('grid'), { least } = SIZE[state.size];
    grid.dataset.size = state.size;
    columns = Math.max(1, Math.floor((grid.clientWidth + gap()) / (least + gap())));
    wide = Math.floor((grid.clientWidth - (columns - 1) * gap()) / columns);
    grid.style.height = Math.max(0, Math.ceil(shown.length / columns) *
        (tall() + gap()) - gap()) + 'px';
    draw();
};

const clearCards = () => {
    for (const card of cards.values()) card.remove();
    cards.clear();
    waiting.clear();
};

const topOf = (number) =>
    $('grid').offsetTop + Math.floor(number / columns) * (tall() + gap());

const move = (number) => {
    at = Math.max(0, Math.min(shown.length - 1, number));
    const head = document.querySelector('header').offsetHeight, top = topOf(at);
    if (top < window.scrollY + head + gap())
        window.scrollTo(0, top - head - gap());
    else if (top + tall() + gap() > window.scrollY + window.innerHeight)
        window.scrollTo(0, top + tall() + gap() - window.innerHeight);
    draw();
};

/* The current card stays in view, unless the user has scrolled away from it. */
const resize = () => {
    const top = topOf(at) - window.scrollY;
    const isInView = top + tall() > 0 && top < window.innerHeight;
    arrange();
    if (isInView) move(at);
};
