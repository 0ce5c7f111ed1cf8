/*
 * healthcode_status as a page: reads the JSON that stands in it, then asks for a
 * new one every few seconds.  What is in the JSON becomes text, never markup.
 * A member that is absent leaves its part of the page out.
 */

(function () {
'use strict';

const REFRESH = 5000;              /* ms between two answers */
const PATIENCE = 10000;            /* ms for one */
const MINUTES = 61;                /* the running one among them */
const LEFT = 60;                   /* px of a chart, for the words of its axis */
const DAY = 86400;                 /* s */
const SUNSET = 30 * DAY;           /* s before it, a notice */
const OLD = DAY;                   /* s, data that is older is named */
const APART = 30;                  /* s between two clocks */
const FULL = 0.8;                  /* of a bound */
const RECENT = 5;                  /* minutes, for what is answered 503 */
const KINDS = ['allow', 'deny', 'busy', 'other'];    /* from the ground up */

const $ = (id) => document.getElementById(id);
const TEXTS = JSON.parse($('texts').textContent);
const LANG = document.documentElement.lang;

let data = null;        /* the last good answer */
let got = 0;            /* when it came, of performance.now() */
let failure = null;     /* why the next one did not */
let known = null;       /* what stood at the top: id -> text */
let picked = null;      /* the minute under the pointer */


/* ---- words and numbers ---- */

function t(name, values) {
    return TEXTS[name].replace(/\{(\w+)\}/g, (all, word) => values[word]);
}

const integer = new Intl.NumberFormat(LANG);
const percent = new Intl.NumberFormat(LANG, { style: 'percent', maximumFractionDigits: 1 });
const short = new Intl.NumberFormat(LANG, { maximumSignificantDigits: 2 });
const hour = new Intl.DateTimeFormat(LANG, { timeStyle: 'short', hourCycle: 'h23' });
const second = new Intl.DateTimeFormat(LANG, { timeStyle: 'medium', hourCycle: 'h23' });
const date = new Intl.DateTimeFormat(LANG,
    { dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' });

const isNumber = (value) => typeof value === 'number';
const n = (value) => isNumber(value) ? integer.format(value) : '–';
const list = (value) => Array.isArray(value) ? value : [];
const total = (counts) => Object.values(counts || {}).reduce((a, b) => a + b, 0);

/* Unix seconds, of this gate. */
function now() {
    return (isNumber(data.time) ? data.time : Math.floor(Date.now() / 1000))
        + Math.floor((performance.now() - got) / 1000);
}

const clock = (time) => hour.format(time * 1000);

function when(time) {
    return Math.abs(now() - time) < DAY / 2 ? clock(time) : date.format(time * 1000);
}

/* Seconds that pass, in the largest unit that leaves two digits. */
function span(seconds) {
    const s = Math.abs(seconds);
    const sign = seconds < 0 ? '−' : '';
    const row = s > 0 && s < 1e-3 ? ['unit.us', 1e-6] : s < 1 ? ['unit.ms', 1e-3]
        : s < 100 ? ['unit.s', 1] : s < 5400 ? ['unit.min', 60]
        : s < 2 * DAY ? ['unit.h', 3600] : ['unit.d', DAY];
    const value = s / row[1];
    return sign + t(row[0], { n: s === 0 || value >= 10 ? integer.format(Math.round(value))
        : short.format(value) });
}

const took = (seconds) => isNumber(seconds) ? span(seconds) : '–';

function hint(reason) {
    return TEXTS['reason.' + reason];
}

/* Of the answers 503, in core/healthcode_reason.h. */
const OUTAGES = /^(store_\w+|keys_unavailable|data_old)$/;
const isOutage = (reason) => OUTAGES.test(reason);


/* ---- nodes ---- */

/* Only what differs is written, so that a selection and a reader's place stay. */
function put(node, text) {
    if (node.textContent !== text) {
        node.textContent = text;
    }
    return node;
}

function make(name, className, text) {
    const node = document.createElement(name);
    if (className) {
        node.className = className;
    }
    if (text !== undefined) {
        node.textContent = text;
    }
    return node;
}

function draw(name, attributes) {
    const node = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const key of Object.keys(attributes)) {
        node.setAttribute(key, attributes[key]);
    }
    return node;
}

/* Children of parent by key, in this order; those that stay are the same nodes. */
function keep(parent, items, create, fill) {
    const old = parent.kept || new Map();
    const kept = new Map();
    let at = parent.firstChild;

    for (const item of items) {
        const node = old.get(item.key) || create(item);
        old.delete(item.key);
        kept.set(item.key, node);
        fill(node, item);
        if (node === at) {
            at = at.nextSibling;
        } else {
            parent.insertBefore(node, at);
        }
    }

    for (const node of old.values()) {
        node.remove();
    }
    parent.kept = kept;
}

/* A cell is a text, or [text, text below it, class]. */
function fillCell(node, cell) {
    const [text, below, className] = Array.isArray(cell) ? cell : [cell];

    if (!node.firstChild) {
        node.append(make('span'));
    }
    node.firstChild.className = className || '';
    put(node.firstChild, text);

    if (below && !node.lastChild.matches('small')) {
        node.firstChild.after(make('small'));
    }
    if (node.lastChild.matches('small')) {
        put(node.lastChild, below || '');
    }
}

/* Rows { key, cells } of a table whose head is in the page. */
function fillTable(table, rows) {
    const heads = Array.from(table.tHead.rows[0].cells);

    keep(table.tBodies[0], rows, () => {
        const row = make('tr');
        row.setAttribute('role', 'row');
        heads.forEach((head, i) => {
            const cell = make(i ? 'td' : 'th', head.className);
            cell.setAttribute('role', i ? 'cell' : 'rowheader');
            if (i) {
                cell.dataset.label = head.textContent;
            } else {
                cell.scope = 'row';
            }
            row.append(cell);
        });
        return row;
    }, (row, item) => item.cells.forEach((cell, i) => {
        if (cell instanceof Node) {
            if (row.cells[i].firstChild !== cell) {
                row.cells[i].replaceChildren(cell);
            }
        } else {
            fillCell(row.cells[i], cell);
        }
    }));
}

function show(id, is) {
    $(id).hidden = !is;
    return is;
}


/* ---- what to know now ---- */

function findings() {
    const found = [];
    const add = (level, id, text) => found.push({ level, key: id, text });

    if (failure) {
        add('bad', 'stale', t('stale', { time: second.format((now() - age()) * 1000),
            ago: span(age()), why: failure }));
    }

    for (const store of list(data.stores)) {
        findStore(store, add);
    }

    const recent = list(data.minutes).filter((m) => m.time > now() - 60 * RECENT);
    const shed = recent.reduce((sum, m) => sum + kinds(m).busy, 0);
    if (shed > 0) {
        add('bad', 'shed', t('shed', { count: n(shed),
            all: n(recent.reduce((sum, m) => sum + all(m), 0)) }));
    }

    for (const issuer of list(data.keys)) {
        findIssuer(issuer, add);
    }

    return found.sort((a, b) => (a.level === 'bad' ? 0 : 1) - (b.level === 'bad' ? 0 : 1));
}

function findStore(store, add) {
    const name = store.store;
    const reason = hint(store.reason) || store.reason || t('unknown');

    if (store.up === false && store.workers_up > 0) {
        add('bad', 'down ' + name, t('partly', { store: name, reason,
            count: n(store.workers_down), all: n(store.workers_up + store.workers_down) }));
    } else if (store.up === false) {
        add('bad', 'down ' + name, isNumber(store.since)
            ? t('down', { store: name, time: when(store.since),
                          ago: span(now() - store.since), reason })
            : t('down.now', { store: name, reason }));
    }

    if (store.offline) {
        add('warn', 'offline ' + name, t('offline', { store: name,
            time: span(store.tick_age_ms / 1000) }));
    }

    if (Math.abs(store.clock_difference_ms) >= APART * 1000) {
        add('warn', 'clock ' + name, t('clock', { store: name,
            time: span(Math.abs(store.clock_difference_ms) / 1000) }));
    }

    if (store.tracking_max > 0 && store.tracking_keys >= FULL * store.tracking_max) {
        add('warn', 'tracking ' + name, t('tracking', { store: name,
            count: n(store.tracking_keys), max: n(store.tracking_max) }));
    }

    for (const source of list(store.data)) {
        if (!isNumber(source.age)) {
            add('warn', 'untrue ' + name + ' ' + source.source,
                t('untrue', { store: name, source: source.source }));
        } else if (source.age >= OLD) {
            add('warn', 'old ' + name + ' ' + source.source,
                t('old', { store: name, source: source.source, ago: span(source.age) }));
        }
    }
}

function findIssuer(issuer, add) {
    const name = issuer.issuer;
    const left = issuer.sunset - now();

    if (issuer.keys === 0) {
        add('bad', 'no keys ' + name, t('no.keys', { issuer: name }));
    }

    if (issuer.skipped > 0) {
        add('warn', 'skipped ' + name,
            t('some.skipped', { issuer: name, count: n(issuer.skipped) }));
    }

    if (isNumber(issuer.sunset) && left <= 0) {
        add('warn', 'over ' + name,
            t('sunset.over', { issuer: name, time: when(issuer.sunset) }));
    } else if (isNumber(issuer.sunset) && left < SUNSET) {
        add('warn', 'sunset ' + name,
            t('sunset.near', { issuer: name, time: when(issuer.sunset), ago: span(left) }));
    }
}

const SIGNS = {
    bad: 'M10 2 19 18H1ZM10 8V12.5M10 15V15.2',
    warn: 'M10 1 19 10 10 19 1 10ZM10 6V11M10 13.8V14',
    good: 'M10 1A9 9 0 1 0 10 19 9 9 0 1 0 10 1M6 10.3 9 13.2 14.2 7'
};

function showFindings() {
    const found = findings();
    const items = found.length ? found : [{ level: 'good', key: 'good', text: wellText() }];

    keep($('alerts'), items, (item) => {
        const row = make('li', item.level);
        const sign = draw('svg', { viewBox: '0 0 20 20', 'aria-hidden': 'true' });
        const line = make('div');
        sign.append(draw('path', { d: SIGNS[item.level] }));
        line.append(make('b', '', t(item.level)), ' ', make('span'));
        row.append(sign, line);
        return row;
    }, (row, item) => put(row.querySelector('span'), item.text));

    document.title = (found.length ? '(' + found.length + ') ' : '') + t('title')
        + ' ' + location.host;
    say(found);
}

function wellText() {
    return t('well') + (data.stores === undefined ? '' : ' ' + t('well.all', {
        stores: n(list(data.stores).length), issuers: n(list(data.keys).length) }));
}

/* Tells a reader that listens what has come and what is over, and nothing else. */
function say(found) {
    const before = known;
    known = new Map(found.map((item) => [item.key, item.text]));
    if (!before) {
        return;
    }

    const said = found.filter((item) => !before.has(item.key))
        .map((item) => t(item.level) + ' ' + item.text);
    for (const [key, text] of before) {
        if (!known.has(key)) {
            said.push(t('over', { what: text }));
        }
    }
    if (said.length) {
        put($('said'), said.join(' '));
    }
}


/* ---- the last hour ---- */

const sums = new WeakMap();

/* Of a minute, how many of each of KINDS. */
function kinds(minute) {
    if (!sums.has(minute)) {
        const deny = total(minute.deny);
        const busy = isNumber(minute.busy) ? minute.busy : 0;
        sums.set(minute, { allow: minute.allow || 0, deny: Math.max(0, deny - busy), busy,
            other: (minute.overruled || 0) + (minute.audit || 0) + (minute.none || 0)
                + (minute.other || 0) });
    }
    return sums.get(minute);
}

const all = (minute) => total(kinds(minute));

/* Each minute of the hour, oldest first; one that is not told was empty. */
function slots() {
    const told = new Map(list(data.minutes).map((m) => [Math.floor(m.time / 60), m]));
    const last = Math.max(...told.keys(), Math.floor((now() - age()) / 60));
    const result = [];

    for (let i = last - MINUTES + 1; i <= last; i++) {
        result.push(told.get(i) || { time: i * 60 });
    }
    return result;
}

function showHour() {
    if (!show('hour', Array.isArray(data.minutes))) {
        return;
    }

    const minutes = slots();
    const sum = { allow: 0, deny: 0, busy: 0, other: 0 };
    for (const minute of minutes) {
        KINDS.forEach((kind) => { sum[kind] += kinds(minute)[kind]; });
    }
    KINDS.forEach((kind) => put($('sum-' + kind), n(sum[kind])));
    show('tile-other', sum.other > 0);

    const timed = minutes.filter((m) => isNumber(m.lookup_p99));
    const last = timed[timed.length - 1];
    put($('sum-p99'), last ? span(last.lookup_p99) : '–');

    drawRequests(minutes, sum);
    drawTimes(minutes, last);
    showReasons(minutes);
    showMinutes(minutes);
}

/* The plane of a chart: what it is drawn on, and where a minute stands. */
function plane(svg) {
    const box = svg.getBoundingClientRect();
    const width = Math.max(200, Math.round(box.width));
    const height = Math.max(100, Math.round(box.height));
    const bottom = height - 24, step = (width - LEFT) / MINUTES;
    const group = draw('g', {});

    svg.setAttribute('viewBox', '0 0 ' + width + ' ' + height);
    return { group, width, top: 12, bottom, step, x: (i) => LEFT + i * step,
        text: (x, y, anchor, words) => {
            const node = draw('text', { x, y, 'text-anchor': anchor });
            node.textContent = words;
            group.append(node);
        } };
}

function drawAxes(p, minutes, lines) {
    for (const [y, words] of lines) {
        p.group.append(draw('line', { class: 'grid', x1: LEFT, x2: p.width, y1: y, y2: y }));
        p.text(LEFT - 6, y + 4, 'end', words);
    }
    minutes.forEach((minute, i) => {
        if (minute.time % 900 === 0 && i > 1 && p.x(i) < p.width - 18) {
            p.text(p.x(i) + p.step / 2, p.bottom + 18, 'middle', clock(minute.time));
        }
    });
    if (picked !== null) {
        p.group.append(draw('rect', { class: 'mark', x: p.x(picked), width: p.step,
            y: p.top, height: p.bottom - p.top }));
    }
}

/* The least round number that is not below value, and of which half is one, too. */
function nice(value) {
    const power = Math.pow(10, Math.max(0, Math.floor(Math.log10(value)) - 1));
    const steps = value < 10 ? [2, 4, 6, 8, 10]
        : [10, 12, 14, 16, 20, 24, 30, 40, 50, 60, 80, 100];
    return steps.map((step) => step * power).find((bound) => bound >= value);
}

function drawRequests(minutes, sum) {
    const p = plane($('requests'));
    const most = minutes.reduce((a, b) => all(b) > all(a) ? b : a);
    const top = nice(Math.max(1, all(most)));
    const y = (value) => p.bottom - (p.bottom - p.top) * value / top;
    const gap = p.step > 4 ? 1 : 0.5;

    drawAxes(p, minutes, [[y(0), n(0)], [y(top / 2), n(top / 2)], [y(top), n(top)]]);

    minutes.forEach((minute, i) => {
        let below = 0;
        for (const kind of KINDS) {
            const count = kinds(minute)[kind];
            if (count > 0) {
                p.group.append(draw('rect', { x: p.x(i) + gap,
                    class: kind + (i === MINUTES - 1 ? ' running' : ''),
                    width: p.step - 2 * gap, y: y(below + count),
                    height: y(below) - y(below + count), 'stroke-width': 0.6 }));
                below += count;
            }
        }
    });

    $('requests').querySelector('g').replaceWith(p.group);
    put($('requests-desc'), t('requests.desc', { allow: n(sum.allow), deny: n(sum.deny),
        busy: n(sum.busy), time: clock(most.time), most: n(all(most)) }));

    const minute = minutes[picked === null ? MINUTES - 1 : picked];
    const k = kinds(minute);
    put($('requests-read'), t(k.other ? 'requests.read.other' : 'requests.read',
        { time: clock(minute.time), allow: n(k.allow), deny: n(k.deny), busy: n(k.busy),
          other: n(k.other) }));
}

/* By powers of ten, since a slow lookup may take a thousand times as long. */
function drawTimes(minutes, last) {
    const p = plane($('times'));
    const values = minutes.flatMap((m) => [m.lookup_p50, m.lookup_p99])
        .filter((value) => value > 0);
    const low = values.length ? Math.floor(Math.log10(Math.min(...values))) : -4;
    const high = Math.max(low + 1,
        values.length ? Math.ceil(Math.log10(Math.max(...values))) : -2);
    const y = (value) => p.bottom - (p.bottom - p.top)
        * (Math.log10(Math.max(value, Math.pow(10, low))) - low) / (high - low);
    const lines = [];

    for (let power = low; power <= high; power++) {
        const value = Number('1e' + power);
        lines.push([y(value), span(value)]);
    }
    drawAxes(p, minutes, lines);

    for (const name of ['p99', 'p50']) {
        let path = '';
        minutes.forEach((minute, i) => {
            const value = minute['lookup_' + name];
            const before = i > 0 && isNumber(minutes[i - 1]['lookup_' + name]);
            const after = i + 1 < MINUTES && isNumber(minutes[i + 1]['lookup_' + name]);
            if (!isNumber(value)) {
                return;
            }
            const x = p.x(i) + p.step / 2;
            path += (before ? 'L' : 'M') + x.toFixed(1) + ' ' + y(value).toFixed(1);
            if (!before && !after) {
                p.group.append(draw('circle', { class: 'dot ' + name, cx: x, cy: y(value),
                    r: 2.5 }));
            }
        });
        p.group.append(draw('path', { class: 'line ' + name, d: path }));
    }

    $('times').querySelector('g').replaceWith(p.group);
    put($('times-desc'), last
        ? t('times.desc', { p50: took(last.lookup_p50), p99: took(last.lookup_p99) })
        : t('times.none'));

    const minute = minutes[picked === null ? MINUTES - 1 : picked];
    put($('times-read'), isNumber(minute.lookup_p99)
        ? t('times.read', { time: clock(minute.time), lookups: n(minute.lookups),
                            p50: took(minute.lookup_p50), p99: took(minute.lookup_p99) })
        : t('times.read.none', { time: clock(minute.time) }));
}

const sparks = new Map();

function showReasons(minutes) {
    const counts = new Map();
    for (const minute of minutes) {
        for (const reason of Object.keys(minute.deny || {})) {
            counts.set(reason, (counts.get(reason) || 0) + minute.deny[reason]);
        }
    }

    const rows = Array.from(counts).filter((row) => row[1] > 0)
        .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));

    show('no-reasons', rows.length === 0);
    show('reasons', rows.length > 0);
    fillTable($('reasons'), rows.map(([reason, count]) => ({ key: reason,
        cells: [[reason, hint(reason)], n(count), spark(reason, minutes)] })));
}

/* The course of one reason, the same node each time. */
function spark(reason, minutes) {
    const counts = minutes.map((m) => (m.deny || {})[reason] || 0);
    const most = Math.max(...counts);
    const svg = sparks.get(reason) || draw('svg', { viewBox: '0 0 ' + MINUTES + ' 20',
        preserveAspectRatio: 'none', 'aria-hidden': 'true',
        class: 'spark' + (isOutage(reason) ? ' store' : '') });

    sparks.set(reason, svg);
    svg.replaceChildren(...counts.flatMap((count, i) => {
        const height = Math.max(2, 20 * count / most);
        return count ? [draw('rect', { x: i, width: 0.85, y: 20 - height, height })] : [];
    }), draw('rect', { x: 0, y: 19.4, width: MINUTES, height: 0.6, opacity: 0.4 }));
    return svg;
}

/* Only while it is open. */
function showMinutes(minutes) {
    if (!$('minutes-box').open) {
        return;
    }
    fillTable($('minutes'), minutes.slice().reverse().map((m) => {
        const k = kinds(m);
        const why = (outage) => Object.keys(m.deny || {})
            .filter((word) => m.deny[word] > 0 && isOutage(word) === outage)
            .map((word) => word + ' ' + n(m.deny[word])).join(', ');
        return { key: m.time, cells: [clock(m.time), n(k.allow), [n(k.deny), why(false)],
            [n(k.busy), why(true)], n(k.other), n(m.lookups || 0), took(m.lookup_p50),
            took(m.lookup_p99)] };
    }));
}


/* ---- stores, issuers, caches, gates ---- */

function showStores() {
    if (!show('stores', list(data.stores).length > 0)) {
        return;
    }

    keep(document.querySelector('#stores .cards'),
        data.stores.map((store) => ({ key: store.store, store })), () => {
            const card = make('article', 'card');
            const head = make('h3');
            head.append(make('span'), ' ', make('span'));
            card.append(head, make('dl'));
            return card;
        }, (card, { store }) => {
            const [name, state] = card.querySelectorAll('h3 span');
            put(name, store.store);
            state.className = store.up ? 'state' : 'state down';
            put(state, store.up ? '▲ ' + t('up') : '▼ ' + t('is.down'));
            keep(card.querySelector('dl'), factsOf(store), () => {
                const pair = make('div', 'pair');
                pair.append(make('dt'), make('dd'));
                return pair;
            }, (pair, fact) => {
                put(pair.firstChild, fact.name);
                fillCell(pair.lastChild, fact.value);
            });
        });
}

/* { key, name, value } of what is known of a store. */
function factsOf(store) {
    const facts = [];
    const add = (key, name, value) => facts.push({ key, name, value });
    const each = (counts) => Object.keys(counts).filter((word) => counts[word] > 0)
        .map((word) => (word === 'answered' ? t('answered') : word) + ' ' + n(counts[word]))
        .join(', ');

    if (isNumber(store.since)) {
        add('since', t('state.since'), [when(store.since),
            t('before', { ago: span(now() - store.since) })]);
    }
    if (store.reason) {
        add('why', t('why'), [store.reason, hint(store.reason), 'alarm']);
    }
    for (const source of list(store.data)) {
        add('data ' + source.source, t('data.of', { source: source.source }),
            isNumber(source.age)
                ? [t('before', { ago: span(source.age) }), when(source.time),
                   source.age >= OLD ? 'alarm' : '']
                : [t('no.time'), source.time > 0 ? when(source.time) : '', 'alarm']);
    }
    if (Array.isArray(store.data) && !store.data.length) {
        add('data', t('data'), t('nobody'));
    }
    for (const hall of list(store.halls)) {
        add('hall ' + hall.name, t('inside', { hall: hall.name }),
            [n(hall.inside), t('before', { ago: span(now() - hall.time) })]);
    }
    if (store.workers_down > 0) {
        add('workers', t('workers'), t('of', { count: n(store.workers_up),
            max: n(store.workers_up + store.workers_down) }));
    }
    if (isNumber(store.lease_age_ms)) {
        add('lease', t('heartbeat'),
            t('before', { ago: span(store.lease_age_ms / 1000) }));
    }
    if (isNumber(store.tick_age_ms)) {
        add('tick', t('tick'), span(store.tick_age_ms / 1000));
    }
    if (isNumber(store.clock_difference_ms)) {
        add('clock', t('difference'), span(store.clock_difference_ms / 1000));
    }
    if (isNumber(store.tracking_keys)) {
        add('tracking', t('tracked'), store.tracking_max > 0
            ? t('of', { count: n(store.tracking_keys), max: n(store.tracking_max) })
            : n(store.tracking_keys));
    }
    if (store.lookups) {
        add('lookups', t('lookups'), [n(total(store.lookups)), each(store.lookups)]);
    }
    if (store.joined > 0) {
        add('joined', t('joined'), n(store.joined));
    }
    if (store.stale > 0) {
        add('late', t('late'), n(store.stale));
    }
    if (isNumber(store.connects)) {
        add('connects', t('connects'), n(store.connects));
    }
    if (total(store.failures) > 0) {
        add('failures', t('store.failures'),
            [n(total(store.failures)), each(store.failures)]);
    }
    return facts;
}

function showIssuers() {
    if (!show('issuers', list(data.keys).length > 0)) {
        return;
    }

    const verified = new Map(list(data.verify_seconds).map((row) => [row.issuer, row]));

    fillTable(document.querySelector('#issuers table'), data.keys.map((issuer) => {
        const check = verified.get(issuer.issuer);
        const left = issuer.sunset - now();
        const failed = (issuer.failures || 0) + (issuer.fetch_failures || 0);
        return { key: issuer.issuer, cells: [
            issuer.issuer,
            [n(issuer.keys), '', issuer.keys === 0 ? 'alarm' : ''],
            [n(issuer.skipped), '', issuer.skipped > 0 ? 'alarm' : ''],
            isNumber(issuer.since) ? t('before', { ago: span(now() - issuer.since) }) : '–',
            n(issuer.loads),
            n(failed),
            check && check.count > 0 ? span(check.sum / check.count) : '–',
            isNumber(issuer.sunset)
                ? [when(issuer.sunset), left > 0 ? t('left', { ago: span(left) })
                    : t('over.since'), left < SUNSET ? 'alarm' : '']
                : t('no.sunset')
        ] };
    }));
}

function showCaches() {
    const rows = [];
    for (const zone of list(data.caches)) {
        for (const name of ['holders', 'codes']) {
            const table = zone[name];
            if (!table) {
                continue;
            }
            const asked = table.hits + table.misses;
            rows.push({ key: zone.zone + ' ' + name, cells: [
                [zone.zone, t(name)],
                asked > 0 ? percent.format(table.hits / asked) : '–',
                n(table.hits), n(table.misses), n(table.evicted), n(table.places)
            ] });
        }
    }

    if (show('caches', rows.length > 0)) {
        fillTable(document.querySelector('#caches table'), rows);
    }
}

function showGates() {
    if (!show('gates', Array.isArray(data.requests))) {
        return;
    }

    put($('since'), data.requests.length === 0 ? t('no.requests')
        : isNumber(data.counting_since)
        ? t('since', { time: date.format(data.counting_since * 1000) }) : '');

    const gates = new Map();
    for (const row of data.requests) {
        const key = JSON.stringify([row.gate, row.server]);
        const gate = gates.get(key) || { key, row, rows: [],
            sum: { allow: 0, deny: 0, busy: 0, other: 0 } };
        gates.set(key, gate);
        gate.rows.push(row);
        gate.sum[row.verdict === 'allow' ? 'allow' : row.verdict !== 'deny' ? 'other'
            : isOutage(row.reason) ? 'busy' : 'deny'] += row.count;
    }

    keep(document.querySelector('#gates div'),
        Array.from(gates.values()).sort((a, b) => total(b.sum) - total(a.sum)),
        createGate, (box, gate) => {
            const [name, sum] = box.querySelectorAll('summary > *');
            put(name, gate.row.server === '-' ? gate.row.gate
                : gate.row.gate + ' · ' + gate.row.server);
            put(sum, t(gate.sum.other ? 'gate.sum.other' : 'gate.sum',
                { allow: n(gate.sum.allow), deny: n(gate.sum.deny), busy: n(gate.sum.busy),
                  other: n(gate.sum.other) }));
            if (box.open) {
                fillGate(box, gate);
            }
        });
}

function createGate() {
    const box = make('details', 'panel');
    const head = make('summary');
    const table = make('table', 'stack');
    const row = make('tr');

    head.append(make('b'), make('small'));
    ['reason', 'verdict', 'issuer', 'count'].forEach((name, i) => {
        const cell = make('th', i === 3 ? 'count' : '', t(name));
        cell.scope = 'col';
        cell.setAttribute('role', 'columnheader');
        row.append(cell);
    });
    table.append(make('caption', 'unseen'));
    table.createTHead().append(row);
    table.createTBody();
    table.setAttribute('role', 'table');
    row.setAttribute('role', 'row');
    [table.tHead, table.tBodies[0]].forEach((part) => part.setAttribute('role', 'rowgroup'));
    box.append(head, table);
    box.addEventListener('toggle', showGates);
    return box;
}

function fillGate(box, gate) {
    const rows = gate.rows.slice().sort((a, b) => b.count - a.count);

    put(box.querySelector('caption'), box.querySelector('b').textContent);
    fillTable(box.querySelector('table'), rows.map((row) => ({
        key: JSON.stringify([row.reason, row.verdict, row.issuer]),
        cells: [[row.reason, hint(row.reason)], TEXTS['verdict.' + row.verdict] || row.verdict,
            row.issuer, n(row.count)]
    })));
}


/* ---- the page ---- */

/* Seconds since the data came. */
const age = () => Math.floor((performance.now() - got) / 1000);

function showAll() {
    if (!data) {
        return;
    }

    put($('host'), location.host);
    $('fresh').replaceChildren(...failure ? [] : [make('b', '', t('live')), ' '],
        t('as.of', { time: second.format((now() - age()) * 1000) }));
    $('live').hidden = false;
    showFindings();
    showHour();
    showStores();
    showIssuers();
    showCaches();
    showGates();
    put($('foot'), t('foot', { version: data.version,
        command: "curl -H 'Accept: application/json' " + address() }));
    if ($('plain')) {
        $('plain').remove();
    }
}

/* Of this page; with a name and a password in it nothing could be fetched. */
const address = () => location.origin + location.pathname + location.search;

function isStatus(answer) {
    return answer !== null && typeof answer === 'object' && isNumber(answer.schema);
}

function take(answer) {
    data = answer;
    got = performance.now();
    failure = null;
}

async function refresh() {
    try {
        const response = await fetch(address(), { cache: 'no-store',
            headers: { Accept: 'application/json' }, signal: AbortSignal.timeout(PATIENCE) });
        const answer = response.ok ? await response.json().catch(() => null) : null;

        if (isStatus(answer)) {
            take(answer);
        } else {
            failure = response.ok ? t('why.other') : t('why.status', { status: response.status });
        }
    } catch (error) {
        failure = t('why.silent');
    }
    showAll();
}

/* One at a time, and none while nobody looks. */
let timer = null;
let isAsking = false;

async function again() {
    clearTimeout(timer);
    if (isAsking || document.hidden) {
        return;
    }
    isAsking = true;
    await refresh();
    isAsking = false;
    timer = setTimeout(again, REFRESH);
}

function pick(event) {
    const box = event.currentTarget.getBoundingClientRect();
    const i = Math.floor((event.clientX - box.left - LEFT) / ((box.width - LEFT) / MINUTES));
    const next = event.type === 'pointerleave' || i < 0 || i >= MINUTES ? null : i;

    if (next !== picked) {
        picked = next;
        showHour();
    }
}

for (const id of ['requests', 'times']) {
    $(id).addEventListener('pointermove', pick);
    $(id).addEventListener('pointerdown', pick);
    $(id).addEventListener('pointerleave', pick);
}
$('minutes-box').addEventListener('toggle', showHour);
document.addEventListener('visibilitychange', again);
new ResizeObserver(() => data && showHour()).observe($('requests').parentNode);

take(JSON.parse($('data').textContent));
showAll();
timer = setTimeout(again, REFRESH);

}());
