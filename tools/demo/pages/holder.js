/*
 * The holder's page: takes a code from the helper, draws it, counts down, and
 * shows what the gate last said to it.  Knows no gate: it only asks what was said.
 * docs/demo.md, "Pages".
 */

import { $, api, argument, begin, clock, kindOf, make, offer, sentence, sign, t }
    from './hall.js';

const LIVES = [900, 60, 10];       /* s, what a code may be asked to live */
const SOON = 60;                   /* s left, from which on it is said in another colour */
const REFRESH = 2000;              /* ms between two questions for what was said */

let shown = null;                  /* { code, ends, life }; ends of performance.now() */
let lastText = '';

const span = (seconds) => seconds < 60 ? t('holder.life.seconds', { n: seconds })
    : t('holder.life.minutes', { n: Math.round(seconds / 60) });

const minutes = (seconds) => Math.floor(seconds / 60) + ':'
    + String(seconds % 60).padStart(2, '0');

function fill() {
    const life = Number(argument('life'));
    const lives = life >= 1 && life <= 900 && !LIVES.includes(life) ? [...LIVES, life] : LIVES;
    for (const seconds of lives) {
        const option = make('option', '', span(seconds));
        option.value = seconds;
        option.selected = seconds === life;
        $('life').append(option);
    }
    $('name').value = argument('holder') || 'ana';
    $('region').value = argument('region') || '';
}

async function facts() {
    const known = await api('facts');
    offer($('names'), known.holders);
    offer($('regions'), known.regions);
    $('issuer').replaceChildren(...known.issuers.map((issuer) => make('option', '', issuer)));
}

function complain(error) {
    $('wrong').textContent = error ? error.message : '';
    $('wrong').hidden = !error;
}

/* An image runs nothing, whatever stands in it. */
function draw(name, answer) {
    shown = { code: answer.code, life: answer.exp - answer.iat,
        ends: performance.now() + 1000 * (answer.exp - answer.iat) };
    $('qr').src = 'data:image/svg+xml,' + encodeURIComponent(answer.qr);
    $('qr').alt = t('holder.qr', { name });
    $('qr').hidden = false;
    $('whose').textContent = t('holder.for', { name });
    $('code').value = answer.code;
    $('said').textContent = t('holder.is', { n: span(shown.life) });
    tick();
}

async function renew() {
    const name = $('name').value.trim();
    const region = $('region').value.trim();
    try {
        draw(name, await api('issue', { holder: name, life: Number($('life').value),
            ...($('issuer').value && { issuer: $('issuer').value }),
            ...(region && { regions: [region] }) }));
        complain(null);
    } catch (error) {
        complain(error);
    }
}

function tick() {
    if (!shown) {
        return;
    }
    const left = Math.max(0, Math.ceil((shown.ends - performance.now()) / 1000));
    const isOver = left === 0;
    $('clock').textContent = minutes(left);
    $('bar').value = left / shown.life;
    $('card').className = isOver ? 'over' : left < SOON ? 'soon' : '';
    if (isOver && $('over').hidden) {
        $('said').textContent = t('holder.expired') + '. ' + t('holder.expired.what');
    }
    $('over').hidden = !isOver;
}

/* Written only if it differs, since it is read out. */
async function last() {
    if (!shown || document.hidden) {
        return;
    }
    let said;
    try {
        said = await api('last', { code: shown.code });
    } catch (error) {
        return;
    }
    const text = JSON.stringify(said);
    if (text === lastText) {
        return;
    }
    lastText = text;
    if (!said.verdict) {
        $('last').className = '';
        $('last').replaceChildren(make('p', '', t('holder.last.none')));
        return;
    }
    const kind = kindOf(said);
    $('last').className = 'verdict ' + kind;
    $('last').replaceChildren(sign(kind), sentence('p', 'title', said.title || ''),
        make('p', 'why', t('guard.reason', { reason: said.reason })
            + (said.at ? ' · ' + clock(said.at * 1000) : '')));
}

async function copy() {
    $('code').select();
    try {
        await navigator.clipboard.writeText($('code').value);
        $('said').textContent = t('holder.copied');
        $('copy').textContent = t('holder.copied');
    } catch (error) {
        document.execCommand('copy');
    }
}

begin();
fill();
$('form').addEventListener('submit', (event) => {
    event.preventDefault();
    renew();
});
$('copy').addEventListener('click', copy);
$('code').addEventListener('focus', () => $('code').select());
setInterval(tick, 250);
setInterval(last, REFRESH);
facts().then(renew, complain).then(last);
