/* SPDX-License-Identifier: MIT */
/* What is shown, in which order, and what is marked. All of it is in the address, so that
   it can be kept and sent. */

const SHOW = { // the first is the default
    all: ['all', () => true],
    recognised: ['recognised', (row) => row.good],
    qualifies: ['qualifies', (row) => row.qualifies === true],
    not: ['does not qualify', (row) => row.qualifies === false],
    failed: ['failed', (row) => !row.good],
    unsure: ['unsure', (row) => !row.good && row.delivery === 'unsure'],
    gone: ['file gone or changed', (row) => row.gone === true],
};
const SHOWN = Object.keys(SHOW);
const MARKS = { picked: 'picked', rejected: 'rejected', none: 'not marked' };

const pixelsOf = (row) => Number(row.image?.width * row.image?.height) || 0;
const markOrder = (row) => ({ picked: 0, none: 1, rejected: 2 })[row.mark];
const ORDERS = {
    input: ['input order', byIndex],
    name: ['by name', (a, b) => collator.compare(a.name, b.name)],
    failures: ['failures first', (a, b) => a.good - b.good ||
        collator.compare(a.status, b.status) || byIndex(a, b)],
    largest: ['largest first', (a, b) => pixelsOf(b) - pixelsOf(a) || byIndex(a, b)],
    picked: ['picked first', (a, b) => markOrder(a) - markOrder(b) || byIndex(a, b)],
};

const state = {};
const reset = () => Object.assign(state,
    { show: 'all', status: '', mark: '', search: '', head: '', face: '', cloth: '',
        object: '' });
reset();
Object.assign(state, { sort: 'input', size: rows.length > 60 ? 1 : 2 });
const initial = { ...state };

let shown = [], at = 0;

/* ---- Filters ---- */

const regionOf = (row, kind) => row.good && row.regions
    ? { true: 'yes', false: 'no' }[row.regions[kind]] : undefined;

/* For each filter the values that a row has. */
const FILTERS = {
    show: (row) => SHOWN.filter((key) => SHOW[key][1](row)),
    status: (row) => [row.status],
    mark: (row) => [row.mark],
    ...Object.fromEntries(KINDS.map((kind) => [kind, (row) => [regionOf(row, kind)]])),
};

/* How many images each button would show: those that pass all other filters. */
let counts = {};

const filter = () => {
    const words = state.search.toLowerCase().split(/\s+/).filter(Boolean);
    const filters = Object.entries(FILTERS);
    counts = Object.fromEntries(filters.map(([key]) => [key, Object.create(null)]));
    shown = [];
    for (const row of rows) {
        if (!words.every((word) => row.find.includes(word))) continue;
        let failed = null, failures = 0;
        for (const [key, of] of filters)
            if (state[key] !== '' && !of(row).includes(state[key])) {
                failed = key;
                failures++;
            }
        if (failures === 0) shown.push(row);
        if (failures > 1) continue;
        for (const [key, of] of filters) {
            if (failures === 1 && failed !== key) continue;
            for (const value of of(row)) {
                const tally = counts[key];
                tally[value] = (tally[value] || 0) + 1;
            }
        }
    }
    shown.sort(ORDERS[state.sort][1]);
};
const countOf = (key, value) => counts[key][value] || 0;

/* ---- The address ---- */

/* Numbers of rows, in the order of the input, as "3-7.12". */
const rangesOf = (mark) => {
    const ranges = [];
    rows.forEach((row, number) => {
        const last = ranges[ranges.length - 1];
        if (row.mark !== mark) return;
        if (last && last[1] === number - 1) last[1] = number;
        else ranges.push([number, number]);
    });
    return ranges.map(([a, b]) => a === b ? a : a + '-' + b).join('.');
};

const setRanges = (mark, text) => {
    for (const range of (text || '').split('.').filter(Boolean)) {
        const [first, last = first] = range.split('-').map(Number);
        for (let i = first; i <= Math.min(last, rows.length - 1); i++)
            if (rows[i]) rows[i].mark = mark;
    }
};

/* FNV-1a of the names: marks of another list of images are not used. */
const listId = (() => {
    let hash = 2166136261;
    for (const row of rows)
        for (let i = 0; i <= row.name.length; i++)
            hash = Math.imul(hash ^ row.name.charCodeAt(i), 16777619);
    return (hash >>> 0).toString(36);
})();

const addressOf = () => {
    const values = new URLSearchParams();
    for (const key of Object.keys(initial))
        if (state[key] !== initial[key]) values.set(key, state[key]);
    for (const mark of ['picked', 'rejected']) {
        const ranges = rangesOf(mark);
        if (ranges === '') continue;
        values.set(mark, ranges);
        values.set('list', listId);
    }
    return values.toString();
};

const readAddress = (text) => {
    const values = new URLSearchParams(text);
    Object.assign(state, initial);
    for (const key of Object.keys(initial))
        if (values.has(key)) state[key] = values.get(key);
    state.size = Math.max(0, Math.min(SIZE.length - 1, Number(state.size) || 0));
    if (!Object.hasOwn(ORDERS, state.sort)) state.sort = initial.sort;
    if (!Object.hasOwn(SHOW, state.show)) state.show = initial.show;
    rows.forEach((row) => { row.mark = 'none'; });
    if (values.get('list') !== listId) return;
    setRanges('picked', values.get('picked'));
    setRanges('rejected', values.get('rejected'));
};

/* The browser also remembers the state, for a page that is opened without an address
   of its own. It may not allow that, or limit how often the address changes. */
const STORE = 'klingrec ' + listId;
let isWaiting = false;

const keep = () => {
    isWaiting = false;
    try {
        localStorage.setItem(STORE, addressOf());
    } catch { /* then only the address has it */ }
    try {
        history.replaceState(null, '', '#' + addressOf());
    } catch { /* at the next change */ }
};
const keepSoon = () => {
    if (!isWaiting) setTimeout(keep, 300);
    isWaiting = true;
};

const restore = () => {
    let kept = null;
    try {
        kept = localStorage.getItem(STORE);
    } catch { /* not allowed */ }
    readAddress(location.hash.slice(1) || kept || '');
};
