/* SPDX-License-Identifier: MIT */
/* The header, the keys, and the start. */

/* Each shows the state in its element. */
const refreshers = [];

const showCounts = () => {
    $('count').textContent = numbers.format(shown.length) + ' of ' +
        count(rows.length, 'image');
    $('none').hidden = shown.length > 0;
    $('nothing').textContent = rows.length === 0 ? 'There are no records in this report.'
        : 'No image matches. ';
    $('reset').hidden = rows.length === 0;
    $('grid').hidden = shown.length === 0;
    refreshers.forEach((refresh) => refresh());
};

/* The first card is selected again, or where: the same number, because the card that was
   selected may have left the list. */
const update = (where = 0) => {
    filter();
    at = Math.max(0, Math.min(where, shown.length - 1));
    clearCards();
    showCounts();
    arrange();
    keepSoon();
};

const choose = (changes) => {
    Object.assign(state, changes);
    update();
    window.scrollTo(0, 0);
};

const toggleMark = (row, mark) => {
    if (row === undefined) return;
    row.mark = row.mark === mark ? 'none' : mark;
    const last = row === shown[at] ? at : shown.indexOf(row);
    filter();
    if (shown[last] === row) {
        showCounts();
        draw();
        keepSoon();
    } else {
        update(at);
        if ($('box').open && shown.length > 0) open();
        else $('box').close();
    }
    showMarks();
};

const setSize = (size) => {
    state.size = Math.max(0, Math.min(SIZE.length - 1, size));
    $('size').value = state.size;
    arrange();
    move(at);
    keepSoon();
};

/* ---- The header ---- */

const chipButton = (key, value, text, label) => {
    const one = button('', () => choose(
        { [key]: state[key] === value && key !== 'show' ? '' : value }));
    one.append(text + ' ', make('span', 'number'));
    if (label) one.setAttribute('aria-label', label);
    refreshers.push(() => {
        const number = countOf(key, value);
        press(one, state[key] === value);
        one.lastChild.textContent = numbers.format(number);
        if (label) one.setAttribute('aria-label', label + ', ' + count(number, 'image'));
    });
    return one;
};

const group = (label, className, children) => {
    const element = make('div', 'group ' + className);
    element.setAttribute('role', 'group');
    element.setAttribute('aria-label', label);
    element.append(...children);
    return element;
};

/* Only what occurs is offered. */
const setUpFilters = () => {
    const show = Object.entries(SHOW).map(([key, [name, test]]) => {
        const one = chipButton('show', key, name);
        one.dataset.show = key;
        refreshers.push(() => {
            one.hidden = !['all', 'recognised', 'failed'].includes(key) &&
                !rows.some(test);
        });
        return one;
    });
    const kinds = KINDS.map((kind) => group(kind, 'pair', [make('span', 'label', kind),
        ...['yes', 'no'].map((value) =>
            chipButton(kind, value, value, kind + ': ' + value))]));
    const marks = Object.entries(MARKS).map(([key, name]) =>
        chipButton('mark', key, name));
    $('filters').append(group('Show', '', show), ...kinds, group('Marks', '', marks));
};

const setUpStatuses = () => {
    for (const status of [...new Set(rows.map((row) => row.status))].sort()) {
        const option = make('option');
        option.value = status;
        refreshers.push(() => {
            option.textContent = statusName(status) + ' (' +
                numbers.format(countOf('status', status)) + ')';
        });
        $('status').append(option);
    }
};

const setUpHeader = () => {
    for (const [key, [name]] of Object.entries(ORDERS)) {
        const option = make('option', '', name);
        option.value = key;
        $('sort').append(option);
    }
    for (const key of ['status', 'sort'])
        $(key).addEventListener('change', () => choose({ [key]: $(key).value }));
    // Esc empties the box: Chromium then sends "search", and no "input".
    for (const type of ['input', 'search'])
        $('search').addEventListener(type, () => choose({ search: $('search').value }));
    $('size').max = SIZE.length - 1;
    $('size').addEventListener('input', () => setSize(Number($('size').value)));
    refreshers.push(() => {
        for (const key of ['search', 'status', 'sort', 'size'])
            if ($(key).value !== String(state[key])) $(key).value = state[key];
    });
    $('reset').addEventListener('click', () => {
        reset();
        choose({});
        $('grid').focus();
    });
    $('theme').addEventListener('click', () => {
        const root = document.documentElement;
        const dark = root.dataset.theme ? root.dataset.theme === 'dark'
            : window.matchMedia('(prefers-color-scheme: dark)').matches;
        root.dataset.theme = dark ? 'light' : 'dark';
    });
};

/* ---- Keys ---- */

const step = (key) => ({ ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns,
    ArrowUp: -columns, PageDown: 3 * columns, PageUp: -3 * columns,
    Home: -shown.length, End: shown.length })[key];

const ACTS = {
    '/': () => $('search').focus(),
    '+': () => setSize(state.size + 1),
    '-': () => setSize(state.size - 1),
    '?': () => $('keys').showModal(),
    p: () => toggleMark(shown[at], 'picked'),
    x: () => toggleMark(shown[at], 'rejected'),
};

const onKey = (event) => {
    const writing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    const other = document.querySelector('dialog[open]:not(#box)') !== null;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (event.ctrlKey || event.altKey || event.metaKey || other) return;
    if (key === 'Escape' && writing) {
        $('search').blur();
        $('grid').focus();
    } else if (!writing && Object.hasOwn(ACTS, key) && (!$('box').open || /[px]/.test(key))) {
        event.preventDefault();
        ACTS[key]();
    } else if (!writing && step(key) !== undefined) {
        event.preventDefault();
        move(at + step(key));
        if ($('box').open) open();
    } else if (key === 'Enter' && !writing &&
        !/^(BUTTON|A)$/.test(event.target.tagName)) {
        event.preventDefault(); /* or Enter also presses the button that gets the focus */
        open();
    }
};

/* ---- The start ---- */

/* All thumbnails are there. */
const onLoaded = () => {
    fillWaiting();
    for (const row of rows) row.gone = (thumbnailOf(row) || '').startsWith('!');
    if (!rows.some((row) => row.gone)) return;
    filter();
    showCounts();
    arrange();
};

setUpFilters();
setUpStatuses();
setUpHeader();
setUpBox();
setUpList();
restore();
update();
document.addEventListener('keydown', onKey);
window.addEventListener('scroll', draw, { passive: true });
window.addEventListener('resize', resize);
window.addEventListener('pagehide', () => { if (isWaiting) keep(); });
window.addEventListener('hashchange', () => {
    restore();
    update();
});
document.addEventListener('DOMContentLoaded', onLoaded);
new MutationObserver(fillWaiting).observe(document.body, { childList: true });
document.documentElement.dataset.ready = 'yes';
