/* SPDX-License-Identifier: MIT */
/* One image, and the list of names. */

const button = (text, act, className) => {
    const one = make('button', className, text);
    one.type = 'button';
    one.addEventListener('click', act);
    return one;
};

const press = (one, on) => one.setAttribute('aria-pressed', on);

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
    if (image.bytes) parts.push(numbers.format(image.bytes) + ' bytes');
    for (const list of ['broken', 'edge'])
        if (image[list] && image[list].length)
            parts.push(list + ': ' + [].concat(image[list]).join(', '));
    return parts.filter(Boolean).join(', ');
};

const NOT_LISTED = ['good', 'find', 'name', 'bytes', 'line', 'gone', 'mark', 'input',
    'input_bytes', 'regions', 'region_list'];

const listOf = (row) => {
    const list = make('dl');
    for (const [name, value] of Object.entries(row))
        if (!NOT_LISTED.includes(name))
            detail(list, safe(name),
                name === 'image' && value ? imageText(value) : value);
    cutOuts(list, row.region_list);
    return list;
};

/* The file itself covers its thumbnail as soon as it is there. */
const viewOf = (row) => {
    const view = make('div', 'view'), link = linkOf(row), note = make('p', 'note');
    const thumbnail = thumbnailOf(row) || '';
    view.append(note);
    if (isReason(thumbnail)) note.textContent = thumbnail.slice(1);
    else if (link === null) note.textContent = isUrl(row.input) ? 'on the network' : '';
    else if (thumbnail !== '') view.append(imageFrom(JPEG + thumbnail, 'sync'));
    if (link === null || thumbnail.startsWith('!the file')) return view;
    const image = imageFrom(link, 'async'), anchor = make('a');
    image.onload = () => view.classList.add('whole');
    image.onerror = () => {
        anchor.remove();
        note.textContent = note.textContent || 'the file is not where it was';
    };
    anchor.href = link;
    anchor.target = '_blank';
    anchor.setAttribute('aria-label', 'open the file');
    anchor.append(image);
    view.append(anchor);
    return view;
};

const showMarks = () => {
    for (const one of $('box').querySelectorAll('[data-mark]'))
        press(one, shown[at]?.mark === one.dataset.mark);
};

const open = () => {
    const row = shown[at], about = make('div', 'about');
    if (row === undefined) return;
    const title = make('h2', '', row.name), verdict = verdictOf(row), chips = chipsOf(row);
    title.id = 'title';
    about.tabIndex = 0;
    about.setAttribute('role', 'region');
    about.setAttribute('aria-label', 'Details');
    if (verdict) chips.append(verdict);
    about.append(title, chips, listOf(row));
    $('box').lastChild.replaceChildren(viewOf(row), about);
    $('position').textContent = numbers.format(at + 1) + ' of ' +
        numbers.format(shown.length);
    showMarks();
    if ($('box').open) return;
    $('box').showModal();
    $('close').focus();
};

/* Buttons for use without a keyboard; open() replaces what is below them. The close
   button has the focus, so Enter opens and closes. */
const setUpBox = () => {
    const bar = make('div', 'bar'), position = make('span', 'soft');
    const go = (steps) => () => { move(at + steps); open(); };
    const mark = (name, text) => {
        const one = button(text, () => toggleMark(shown[at], name), name);
        one.dataset.mark = name;
        return one;
    };
    const close = button('Close', () => $('box').close());
    close.id = 'close';
    position.id = 'position';
    bar.append(button('\u2190 Previous', go(-1)), button('Next \u2192', go(1)), position,
        mark('picked', '✓ Pick'), mark('rejected', '✗ Reject'), close);
    $('box').append(bar, make('div', 'one'));
    $('box').addEventListener('close', () => $('grid').focus());
};

/* ---- The list of names ---- */

const LISTS = {
    picked: ['picked', () => rows.filter((row) => row.mark === 'picked')],
    rejected: ['rejected', () => rows.filter((row) => row.mark === 'rejected')],
    rest: ['all but rejected', () => rows.filter((row) => row.mark !== 'rejected')],
    shown: ['shown now', () => shown],
};
const sizeOf = (key) => LISTS[key][1]().length;

const showList = () => {
    const list = LISTS[$('which').value][1]();
    $('names').value = list.map((row) => row.name + '\n').join('');
    $('said').textContent = count(list.length, 'name');
    $('download').disabled = $('copy').disabled = list.length === 0;
};

const openList = () => {
    const wanted = sizeOf('picked') || !sizeOf('rejected') ? 'picked' : 'rejected';
    $('which').replaceChildren(...Object.entries(LISTS).map(([key, [name]]) => {
        const one = make('option', '', name + ' (' + numbers.format(sizeOf(key)) + ')');
        one.value = key;
        return one;
    }));
    $('which').value = sizeOf(wanted) ? wanted : 'shown';
    showList();
    $('list').showModal();
};

const download = () => {
    const link = make('a');
    link.href = URL.createObjectURL(new Blob([$('names').value], { type: 'text/plain' }));
    link.download = $('which').value + '.txt';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    $('said').textContent = 'saved as ' + link.download;
};

/* Without the permission for the clipboard the older command may still work. */
const copy = async () => {
    let done = true;
    try {
        await navigator.clipboard.writeText($('names').value);
    } catch {
        $('names').select();
        done = document.execCommand('copy');
    }
    $('said').textContent = done ? 'copied' : 'not copied: the browser does not allow it';
};

const setUpList = () => {
    $('which').addEventListener('change', showList);
    $('download').addEventListener('click', download);
    $('copy').addEventListener('click', copy);
    $('export').addEventListener('click', openList);
    $('help').addEventListener('click', () => $('keys').showModal());
    for (const dialog of document.querySelectorAll('dialog')) {
        dialog.querySelector('.close')?.addEventListener('click', () => dialog.close());
        dialog.addEventListener('click', (event) => {
            if (event.target === dialog) dialog.close();
        });
    }
};
