/*
 * The operator's page: flags, regions and issuers by the helper, verdicts by the
 * counters of the gate.  Knows no code.  docs/demo.md, "Pages".
 */

import { $, api, begin, clock, make, offer, t } from './hall.js';

const REFRESH = 2000;              /* ms between two readings of the counters */

let first = null;                  /* reason -> count, when this page opened */
let counts = {};                   /* reason -> { count, at } */


/* ---- what is done ---- */

/* Runs a change and says what is so now. */
async function change(name, question, words) {
    try {
        await api(name, question);
        $('done').textContent = words;
        $('wrong').hidden = true;
    } catch (error) {
        $('done').textContent = '';
        $('wrong').textContent = error.message;
        $('wrong').hidden = false;
        return;
    }
    counters();
}

function person(isFlag) {
    const holder = $('name').value.trim();
    const kind = $('kind').value;
    if (!$('person').reportValidity()) {
        return;
    }
    if (isFlag) {
        change('flag', { holder, kind }, t('operator.flagged', { name: holder, kind }));
    } else {
        change('clear', { holder }, t('operator.cleared', { name: holder }));
    }
}

function place(set) {
    const region = $('region').value.trim();
    if (!$('place').reportValidity()) {
        return;
    }
    change('region', { region, set },
        t(set ? 'operator.region.is' : 'operator.region.isnot', { region }));
}

function issuer(name, suspended) {
    change('issuer', { issuer: name, suspended },
        t(suspended ? 'operator.suspended' : 'operator.resumed', { name }));
}


/* ---- what there is ---- */

function button(action, name, suspended) {
    const node = make('button', '', t('operator.' + action));
    node.type = 'button';
    node.setAttribute('aria-label', t('operator.' + action + '.of', { name }));
    node.addEventListener('click', () => issuer(name, suspended));
    return node;
}

function issuerItem(name) {
    const item = make('li');
    const row = make('span', 'row');
    row.append(button('suspend', name, true), button('resume', name, false));
    item.append(make('b', '', name), row);
    return item;
}

async function facts() {
    const known = await api('facts');
    offer($('names'), known.holders);
    offer($('regions'), known.regions);
    $('kind').replaceChildren(...known.kinds.map((kind) => make('option', '', kind)));
    $('issuers').replaceChildren(...known.issuers.map(issuerItem));
}


/* ---- the counters ---- */

function byReason(requests) {
    const sums = {};
    for (const row of requests) {
        sums[row.reason] = (sums[row.reason] || 0) + row.count;
    }
    return sums;
}

function put(node, text) {
    if (node.textContent !== text) {
        node.textContent = text;
    }
}

function table() {
    const rows = Object.entries(counts).sort((a, b) => b[1].at - a[1].at
        || b[1].count - a[1].count || (a[0] < b[0] ? -1 : 1));
    if (!rows.length) {
        return;
    }
    $('reasons').replaceChildren(...rows.map(([reason, { count, at }]) => {
        const row = make('tr', reason === 'ok' ? 'pass' : '');
        const head = make('th');
        head.scope = 'row';
        reason.split('_').forEach((word, i) => head.append(...i
            ? ['_', document.createElement('wbr'), word] : [word]));
        row.append(head, make('td', 'count', String(count - (first[reason] || 0))),
            make('td', 'count', String(count)), make('td', '', at ? clock(at) : '–'));
        return row;
    }));
}

function store(stores) {
    const down = (stores || []).find((one) => !one.up);
    $('store').className = down ? 'wrong' : 'done';
    put($('store'), down ? t('operator.down', { reason: down.reason }) : t('operator.up'));
}

async function counters() {
    let status;
    try {
        status = await (await fetch('status', { cache: 'no-store',
            signal: AbortSignal.timeout(5000),
            headers: { Accept: 'application/json' } })).json();
    } catch (error) {
        $('store').className = 'wrong';
        put($('store'), t('operator.silent'));
        return;
    }
    const sums = byReason(status.requests || []);
    const now = Date.now();
    for (const [reason, count] of Object.entries(sums)) {
        const old = counts[reason];
        if (!old || old.count !== count) {
            counts[reason] = { count, at: first ? now : 0 };
        }
    }
    first ||= sums;
    store(status.stores);
    table();
}


function complain(error) {
    $('wrong').textContent = error.message;
    $('wrong').hidden = false;
}

begin();
$('person').addEventListener('submit', (event) => {
    event.preventDefault();
    person(true);
});
$('clear').addEventListener('click', () => person(false));
$('place').addEventListener('submit', (event) => {
    event.preventDefault();
    place(true);
});
$('unset').addEventListener('click', () => place(false));
setInterval(counters, REFRESH);
counters();
facts().catch(complain);
