/*
 * The guard's page: takes codes from a camera, a reader that types, or the
 * clipboard, asks the gate, and shows its verdict.  It decides nothing: what is
 * not an allow of the gate is not a pass.  docs/demo.md, "Pages".
 */

import { $, api, argument, begin, clock, kindOf, LANG, make, sentence, sign, t }
    from './hall.js';
import { scan } from './scanner.js';
import { play, wake } from './sound.js';

const AGAIN = 2000;                /* ms, after which the same code is asked again */
const STAYS = 8000;                /* ms that a verdict is shown: the next one is not meant */
const PATIENCE = 5000;             /* ms for the gate */
const KEPT = 5;                    /* verdicts in the list */
const LONGEST = 4096;              /* characters of a code; no gate takes more */

let last = { text: null, at: -Infinity, seen: -Infinity };    /* of performance.now() */
let turn = 0;                      /* the number of the question whose answer counts */
let isAsking = false;
let before = [];
let stopCamera = null;
let over = null;


/* ---- the gate ---- */

/* What a header cannot carry is no code, but the gate shall say so. */
const bearer = (text) => (/^[\x21-\x7e]+$/.test(text) ? text : encodeURIComponent(text))
    .slice(0, LONGEST);

async function verdictOf(text) {
    let answer;
    try {
        answer = await fetch('gate', { cache: 'no-store',
            signal: AbortSignal.timeout(PATIENCE),
            headers: { Authorization: 'Bearer ' + bearer(text), 'Accept-Language': LANG } });
    } catch (error) {
        return { title: t('guard.silent'), reason: '–' };
    }
    try {
        const said = await answer.json();
        return answer.ok && said.verdict ? said : { title: t('guard.status',
            { status: answer.status }), reason: '–' };
    } catch (error) {
        return { title: t('guard.status', { status: answer.status }), reason: '–' };
    }
}

async function ask(text) {
    const mine = ++turn;
    const isSame = text === last.text && performance.now() - last.seen < STAYS;
    isAsking = true;
    last = { text, at: performance.now(), seen: performance.now() };
    $('verdict').setAttribute('aria-busy', 'true');
    if (!isSame) {
        idle('guard.asking');
    }

    const said = await verdictOf(text);
    if (mine !== turn) {
        return;
    }
    isAsking = false;
    $('verdict').removeAttribute('aria-busy');
    show(said, isSame);
    if (said.verdict) {
        api('said', { code: text, verdict: said.verdict, reason: said.reason,
            title: said.title, colour: said.colour }).catch(() => {});
    }
}

/* From a camera, which sees the same code several times a second. */
function seen(text) {
    const now = performance.now();
    if (text === last.text) {
        last.seen = now;
        if (isAsking || now - last.at < AGAIN) {
            return;
        }
    }
    ask(text);
}


/* ---- what is shown ---- */

/* Nobody goes by the verdict of whoever came before. */
function idle(words) {
    clearTimeout(over);
    $('verdict').className = 'idle';
    $('verdict').replaceChildren(make('p', 'word', t(words)));
}

/* A verdict that was there already is not announced or sounded again. */
function show(said, isSame) {
    const kind = kindOf(said);
    const text = kind + ' ' + said.reason + ' ' + said.title;
    clearTimeout(over);
    over = setTimeout(idle, STAYS, 'guard.idle');

    if (isSame && $('verdict').dataset.text === text && $('verdict').className !== 'idle') {
        return;
    }
    $('verdict').dataset.text = text;
    $('verdict').className = 'verdict ' + kind;
    $('verdict').replaceChildren(sign(kind), make('p', 'word', t('guard.' + kind)),
        sentence('p', 'title', said.title || ''), make('p', 'do', t('guard.' + kind + '.do')),
        make('p', 'why', t('guard.reason', { reason: said.reason })));
    if ($('sound').checked) {
        play(kind);
        $('verdict').dataset.sound = kind;
    }
    note(kind, said);
}

function note(kind, said) {
    const item = make('li', kind);
    const words = make('span', '', clock(new Date()) + ' ');
    words.append(make('b', '', t('guard.' + kind)), ' ' + said.reason);
    item.append(sign(kind), words);
    before = [item, ...before].slice(0, KEPT);
    $('before').replaceChildren(...before);
}


/* ---- readers that type, and the clipboard ---- */

function take(text) {
    $('code').value = '';
    if (text.trim()) {
        ask(text.trim());
    }
}

/* Who has walked to another control by the keyboard is left there. */
function hold() {
    if (document.activeElement === document.body || !document.activeElement) {
        $('code').focus({ preventScroll: true });
    }
}

function typed(event) {
    wake();
    if (event.key.length === 1 && event.key !== ' ' && !event.ctrlKey && !event.metaKey
        && !event.altKey && document.activeElement !== $('code'))
    {
        $('code').focus({ preventScroll: true });
    }
}

async function paste() {
    try {
        take(await navigator.clipboard.readText());
    } catch (error) {
        $('code').focus();
    }
}


/* ---- the camera ---- */

function camera(isOn, words) {
    $('video').hidden = !isOn;
    $('camera').textContent = t(isOn ? 'guard.stop.camera' : 'guard.start');
    $('camera-said').textContent = words;
}

async function toggle() {
    wake();
    if (stopCamera) {
        stopCamera();
        stopCamera = null;
        camera(false, t('guard.camera.off'));
        return;
    }
    if (!navigator.mediaDevices) {
        camera(false, t('guard.camera.insecure'));
        return;
    }
    $('camera').disabled = true;
    try {
        stopCamera = await scan($('video'), (text) => {
            camera(true, t('guard.camera.on'));
            seen(text);
        }, (error) => {
            $('camera-said').textContent = error.message;
        });
        camera(true, t('guard.camera.on'));
    } catch (error) {
        camera(false, t('guard.camera.denied', { why: error.message }));
    }
    $('camera').disabled = false;
}


begin();
idle('guard.idle');
$('paste').hidden = !navigator.clipboard?.readText;
$('form').addEventListener('submit', (event) => {
    event.preventDefault();
    wake();
    take($('code').value);
});
document.addEventListener('paste', (event) => {
    event.preventDefault();
    take(event.clipboardData.getData('text'));
});
document.addEventListener('pointerdown', wake);
document.addEventListener('keydown', typed);
document.addEventListener('focusout', () => setTimeout(hold));
window.addEventListener('focus', hold);
$('camera').addEventListener('click', toggle);
$('paste').addEventListener('click', paste);
$('code').focus();
if (argument('camera')) {
    toggle();
}
