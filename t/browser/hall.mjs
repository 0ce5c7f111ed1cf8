// The demo's hall as three people have it open: somebody takes a code, a guard has
// a camera before which it is held, an operator flags, clears and suspends; a code
// expires, the store ends and comes back.  Then how each page looks, and who else
// may ask.  docs/demo.md, "Pages".

import { accessible, ask, fits, is, like, main, ok, shot, until, visitor }
    from './browser.mjs';
import { film } from './film.mjs';

const site = process.env.SITE + '/hall/';
const secure = process.env.SECURE + '/hall/';
const camera = process.env.CAMERA;
const lens = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
    '--use-file-for-fake-video-capture=' + camera, '--autoplay-policy=no-user-gesture-required'];

const text = (page, selector) => page.locator(selector).first().textContent();
const shows = (page, selector, words, seconds = 60) => until(page,
    ([where, what]) => Array.from(document.querySelectorAll(where))
        .some((node) => node.textContent.includes(what)), [selector, words], seconds);

// Whether the guard sees a verdict of this kind, for this reason.
const verdict = (page, kind, reason, seconds = 60) => until(page, ([what, why]) => {
    const node = document.getElementById('verdict');
    return node.classList.contains(what) && node.querySelector('.why').textContent.includes(why);
}, [kind, reason], seconds);

const last = (page, kind) => until(page,
    (what) => document.getElementById('last').classList.contains(what), kind);

function quiet(page, what) {
    is(page.wrong, [], what + ': nothing is wrong in its console');
    is(page.asked.filter((url) => !url.startsWith(site) && !url.startsWith(secure)
        && !/^(data:|blob:)/.test(url)), [], what + ': it asks nobody else');
}

async function open(name, options = {}) {
    const page = await visitor({ args: lens, ...options });
    await page.goto((options.base || site) + name);
    return page;
}

// Puts the code of the holder's page before the guard's camera.
async function hold(holder, guard) {
    if (await guard.locator('#video').isVisible()) {
        await guard.click('#camera');
        await until(guard, () => document.getElementById('video').hidden);
    }
    await film(holder, '#qr', camera);
    await guard.click('#camera');
}

const code = (holder) => holder.locator('#code').inputValue();
const hasCode = (holder, other) => until(holder,
    (was) => !['', was].includes(document.getElementById('code').value), other || '');

async function renew(holder) {
    const was = await code(holder);
    await holder.click('#form button.main');
    return hasCode(holder, was);
}


/* ---- a day at the door ---- */

async function passes({ holder, guard }) {
    ok(await hasCode(holder), 'a code is there when the page opens');
    like(await code(holder), /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/, 'which can be read as text');
    like(await text(holder, '#whose'), /ana/, 'it is called by its holder');
    like(await text(holder, '#clock'), /^1[45]:\d\d$/, 'it lives for 15 minutes');
    const was = await text(holder, '#clock');
    ok(await until(holder, (old) => document.getElementById('clock').textContent < old, was, 5),
       'which are counted down');

    await hold(holder, guard);
    ok(await verdict(guard, 'pass', 'ok'), 'the guard’s camera reads it, and it passes');
    is(await text(guard, '#verdict .word'), '通行', 'in large words');
    is(await text(guard, '#verdict .title'), '未见异常', 'with the sentence of the gate');
    is(await guard.locator('#verdict').getAttribute('data-sound'), 'pass', 'and a sound');
    ok(guard.asked.some((url) => url.includes('api/scan?w=')),
       'frames were read by the helper, since there is no BarcodeDetector');
    ok(await last(holder, 'pass'), 'the holder sees what the gate said');
    await shot(guard, 'hall-live-pass');
    await shot(holder, 'hall-live-holder');
}

async function flagged({ holder, guard, operator }) {
    await operator.fill('#name', 'ana');
    await operator.selectOption('#kind', 'contact');
    await operator.click('#person button.main');
    ok(await shows(operator, '#done', 'ana is flagged: contact.'), 'the operator flags the holder');
    ok(await verdict(guard, 'stop', 'flagged'),
       'the code that is still held there is refused by itself');
    is(await guard.locator('#verdict').getAttribute('data-sound'), 'stop', 'with another sound');
    ok(await last(holder, 'stop'), 'the holder sees it');
    await shot(guard, 'hall-live-stop');

    await operator.click('#clear');
    ok(await shows(operator, '#done', 'ana has no flags.'), 'the operator clears it');
    ok(await verdict(guard, 'pass', 'ok'), 'and it passes again');
    is(await guard.locator('#before li').count(), 3, 'the guard has a list of what was');
    const gaps = await guard.evaluate(() => performance.getEntriesByType('resource')
        .filter((entry) => entry.name.endsWith('/hall/gate'))
        .map((entry, i, all) => i ? entry.startTime - all[i - 1].startTime : 2000));
    ok(gaps.length > 2 && gaps.every((gap) => gap > 1900),
       'the gate was asked of it once in 2 seconds', gaps);
}

async function elsewhere({ holder, guard, operator }) {
    await holder.fill('#region', '511402');
    ok(await renew(holder), 'the holder takes a code with a region');
    await operator.fill('#region', '511402');
    await operator.click('#place button.main');
    ok(await shows(operator, '#done', 'Region 511402 is of high risk'), 'which is then closed');
    await hold(holder, guard);
    ok(await verdict(guard, 'stop', 'region'), 'its people are refused');
    await operator.click('#unset');
    ok(await verdict(guard, 'pass', 'ok'), 'until it is clear');

    const name = await operator.locator('#issuers b').first().textContent();
    await operator.locator('#issuers button').first().click();
    ok(await shows(operator, '#done', `Codes of ${name} are refused`), 'an issuer is suspended');
    ok(await verdict(guard, 'renew', 'issuer_suspended'), 'its codes are refused, not red');
    await operator.locator('#issuers button').nth(1).click();
    ok(await verdict(guard, 'pass', 'ok'), 'until it is resumed');
}

async function expired({ holder, guard }) {
    await holder.goto(site + 'holder.html?lang=zh&life=2');
    ok(await hasCode(holder), 'a code of 2 seconds');
    ok(await shows(holder, '#clock', '0:00', 10), 'is over soon');
    ok(await holder.locator('#over').isVisible(), 'and is crossed out');
    like(await text(holder, '#said'), /已过期/, 'which is read out');
    await hold(holder, guard);
    ok(await verdict(guard, 'renew', 'expired'), 'the guard is told to ask for a new one');
    ok(await last(holder, 'renew'), 'and so is the holder');
    await shot(holder, 'hall-live-expired');

    await holder.selectOption('#life', '900');
    ok(await renew(holder), 'a new one is taken');
    ok(await holder.locator('#over').isHidden(), 'which is not crossed out');
    await hold(holder, guard);
    ok(await verdict(guard, 'pass', 'ok'), 'and passes');
}

async function outage({ holder, guard, operator }) {
    await ask('down');
    ok(await verdict(guard, 'busy', 'store_'), 'without a store nobody passes');
    is(await text(guard, '#verdict .word'), '请稍候', 'and nobody is called flagged');
    ok(await last(holder, 'busy'), 'the holder sees the same');
    ok(await shows(operator, '#store', 'The store is down'), 'the operator sees the store down');
    await operator.click('#person button.main');
    ok(await shows(operator, '#wrong', 'That did not work'), 'a flag that fails is said to fail');
    is(await text(operator, '#done'), '', 'and not to be set');
    await shot(guard, 'hall-live-outage');
    await shot(operator, 'hall-live-outage-operator');

    await ask('up');
    ok(await verdict(guard, 'pass', 'ok', 30), 'people pass once it is back');
    ok(await shows(operator, '#store', 'The store is up'), 'which the operator sees');
    await guard.click('#camera');
    ok(await until(guard, () => document.getElementById('video').srcObject === null),
       'the camera is let go');
    ok(await until(guard, () => document.getElementById('verdict').className === 'idle', null, 15),
       'a verdict does not stay for the next one');
}

async function counted({ operator }) {
    const rows = Object.fromEntries(await operator.evaluate(() => Array.from(
        document.querySelectorAll('#reasons tr'), (row) => [row.cells[0].textContent,
            ...Array.from(row.cells).slice(1).map((cell) => cell.textContent)])
        .map(([reason, recent, all, time]) => [reason, { recent: +recent, all: +all, time }])));
    for (const reason of ['ok', 'flagged', 'region', 'issuer_suspended', 'expired']) {
        const { recent, all, time } = rows[reason] || {};
        ok(recent > 0 && all >= recent, 'the operator has counted: ' + reason, rows);
        like(time || '', /^\d\d:\d\d:\d\d$/, 'with the time of the last');
    }
    await shot(operator, 'hall-live-operator');
}


/* ---- readers that type, and what is pasted ---- */

async function typed({ holder, guard }) {
    const shown = await code(holder);
    await guard.evaluate(() => {
        const { start } = OscillatorNode.prototype;
        window.tones = [];
        OscillatorNode.prototype.start = function (...args) {
            window.tones.push(this.frequency.value);
            return start.apply(this, args);
        };
    });
    const tones = () => guard.evaluate(() => window.tones.splice(0));
    ok(await until(guard, () => document.activeElement.id === 'camera'), 'a button has the focus');
    await guard.keyboard.type(shown.slice(0, 40));
    await guard.keyboard.insertText(shown.slice(40));
    await guard.keyboard.press('Enter');
    ok(await verdict(guard, 'pass', 'ok'), 'what a reader types is asked with Enter');
    is(await tones(), [880, 1320], 'a pass sounds as two rising tones');
    is(await guard.locator('#code').inputValue(), '', 'and does not stay');
    is(await guard.evaluate(() => document.activeElement.id), 'code', 'the field keeps the focus');
    await guard.mouse.click(5, 5);
    ok(await until(guard, () => document.activeElement.id === 'code'),
       'also if somebody clicks beside it');

    await guard.keyboard.type('x.y.z');
    await guard.keyboard.press('Enter');
    ok(await verdict(guard, 'renew', 'malformed'), 'what is no code is refused');
    is(await tones(), [440, 330], 'with tones that fall');
    await guard.keyboard.insertText('健康码');
    await guard.keyboard.press('Enter');
    ok(await verdict(guard, 'renew', 'malformed'), 'also if no header can carry it');

    await guard.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await guard.evaluate((what) => navigator.clipboard.writeText(what), shown);
    await guard.keyboard.press('Control+V');
    ok(await verdict(guard, 'pass', 'ok'), 'what is pasted is asked at once');
    await guard.evaluate((what) => navigator.clipboard.writeText(what),
                         shown.slice(0, -4) + 'AAAA');
    await guard.click('#paste');
    ok(await verdict(guard, 'renew', 'signature'), 'so is the clipboard, by its button');
    await guard.uncheck('#sound');
    await tones();
    await guard.evaluate(() => { delete document.getElementById('verdict').dataset.sound; });
    await guard.keyboard.type('a');
    await guard.keyboard.press('Enter');
    ok(await verdict(guard, 'renew', 'malformed'), 'another one');
    is(await guard.locator('#verdict').getAttribute('data-sound'), null, 'without sound, if so');
    is(await tones(), [], 'and nothing was heard of it');
}

// A BarcodeDetector that finds what the test says: this Chromium has none.
async function detector({ holder }) {
    const guard = await visitor({ args: lens });
    await guard.addInitScript((what) => {
        window.BarcodeDetector = class {
            static async getSupportedFormats() { return ['qr_code']; }
            async detect() { return [{ rawValue: what }]; }
        };
    }, await code(holder));
    await guard.goto(site + 'guard.html?camera=1');
    ok(await verdict(guard, 'pass', 'ok'), 'a BarcodeDetector is used where there is one');
    ok(!guard.asked.some((url) => url.includes('api/scan')), 'then no frame leaves the page');
    await guard.context().close();
}

async function encrypted({ holder }) {
    const guard = await open('guard.html?lang=zh&camera=1', { base: secure, width: 390 });
    ok(await guard.evaluate(() => isSecureContext), 'the hall is there by https');
    ok(await verdict(guard, 'pass', 'ok'), 'with a camera, and the same verdict');
    await fits(guard, 'with a picture');
    await shot(guard, 'hall-live-phone');
    quiet(guard, 'by https');
    await guard.context().close();
    await holder.bringToFront();
}

// The gate does not answer what pages understand, or not at all.
async function broken() {
    const guard = await open('guard.html');
    let answer = (route) => route.abort();
    await guard.route(site + 'gate', (route) => answer(route));
    const say = async (what) => {
        await guard.keyboard.type(what);
        await guard.keyboard.press('Enter');
    };
    await say('a');
    ok(await shows(guard, '#verdict.busy .title', 'The gate does not answer'),
       'a gate that does not answer lets nobody pass');
    answer = (route) => route.fulfill({ status: 502, body: '<h1>green allow</h1>' });
    await say('b');
    ok(await shows(guard, '#verdict.busy .title', 'The gate answered 502'), 'nor does an error');
    answer = (route) => route.fulfill({ status: 500,
        json: { verdict: 'allow', colour: 'green', class: 'ok', reason: 'ok', title: 'ok' } });
    await say('c');
    ok(await shows(guard, '#verdict.busy .title', 'The gate answered 500'),
       'nor an error that says otherwise');
    answer = (route) => route.fulfill({
        json: { verdict: 'deny', colour: 'green', class: 'ok', reason: 'odd', title: 'odd' } });
    await say('d');
    ok(await verdict(guard, 'busy', 'odd'), 'nor what is green and no pass');
    answer = (route) => route.fulfill({
        json: { verdict: 'allow', colour: 'grey', class: 'ok', reason: 'odd2', title: 'odd' } });
    await say('e');
    ok(await verdict(guard, 'busy', 'odd2'), 'nor what is a pass and not green');

    let release;
    answer = async (route) => {
        await new Promise((resolve) => { release = resolve; });
        await route.fulfill({ json: { verdict: 'allow', colour: 'green', class: 'ok',
            reason: 'late', title: 'late' } });
    };
    await say('f');
    ok(await until(guard, () => document.getElementById('verdict').className === 'idle'),
       'while the gate is asked, nothing of the one before is shown');
    const first = release;
    answer = (route) => route.fulfill({ json: { verdict: 'deny', colour: 'red',
        class: 'holder', reason: 'now', title: 'now' } });
    await say('g');
    ok(await verdict(guard, 'stop', 'now'), 'the next one is answered first');
    first();
    await guard.waitForTimeout(300);
    ok(await verdict(guard, 'stop', 'now'), 'and an answer that is late is not shown for it');
    await guard.context().close();

    const holder = await open('holder.html');
    ok(await hasCode(holder), 'a holder has a code');
    await holder.route(site + 'api/**', (route) => route.abort());
    await holder.click('#form button.main');
    ok(await shows(holder, '#wrong', 'helper does not answer'), 'a helper that does not answer');
    ok(await holder.locator('#qr').isVisible(), 'takes no code away');
    await holder.context().close();

    const blind = await open('guard.html', { args: [] });
    await blind.click('#camera');
    ok(await shows(blind, '#camera-said', 'does not give this page a camera'),
       'a camera that is not given is said to be so');
    ok(await blind.locator('#camera').isEnabled(), 'and can be asked for again');
    await blind.context().close();
}


/* ---- who else may ask ---- */

async function strangers({ holder, guard }) {
    // a page of another site on this machine, and one whose name leads here
    const there = await visitor({ args: ['--host-resolver-rules=MAP evil.example 127.0.0.1'] });
    const port = new URL(site).port;
    const flag = (page, url) => page.evaluate(async ([to, body]) => {
        try {
            const answer = await fetch(to, { method: 'POST', body, mode: 'no-cors' });
            return answer.type + ' ' + answer.status;
        } catch (error) {
            return error.name;
        }
    }, [url, JSON.stringify({ holder: 'ana', kind: 'contact' })]);

    await there.goto(`http://localhost:${process.env.OTHER}/`);
    like(await flag(there, site + 'api/flag'), /^(opaque 0|TypeError)$/,
         'a page of another site sends a flag, and reads nothing');
    await there.goto(`http://evil.example:${port}/hall/`).catch(() => {});
    like(await flag(there, `http://evil.example:${port}/hall/api/flag`), /^(basic 403|TypeError)$/,
         'a name that leads here is refused');
    await there.goto(`http://evil.example:${port}/hall/guard.html`);
    await there.click('#camera');
    ok(await shows(there, '#camera-said', 'to https and to localhost alone'),
       'nor is there a camera');
    await there.context().close();

    await guard.keyboard.insertText(await code(holder));
    await guard.keyboard.press('Enter');
    ok(await verdict(guard, 'pass', 'ok'), 'nobody was flagged by them');
}


/* ---- how it looks ---- */

const SAID = {
    pass: { verdict: 'allow', reason: 'ok', class: 'ok', colour: 'green',
        title: ['No abnormality', '未见异常'] },
    stop: { verdict: 'deny', reason: 'flagged', class: 'holder', colour: 'red',
        title: ['An active flag of the holder is refused here', '持码人存在异常标记'] },
    check: { verdict: 'deny', reason: 'temperature', class: 'condition', colour: 'yellow',
        title: ['The body temperature is too high', '体温过高'] },
    renew: { verdict: 'deny', reason: 'expired', class: 'code', colour: 'grey',
        title: ['The code has expired; open it again to get a fresh one',
            '健康码已过期，请重新打开'] },
    busy: { verdict: 'deny', reason: 'store_unavailable', class: 'store', colour: 'grey',
        title: ['The risk data cannot be reached; try again',
            '风险数据暂时无法查询，请稍后再试'] }
};

// Each with a holder of its own, since what was said is kept by holder.
async function look(name, locale, scheme, width) {
    const what = [locale.slice(0, 2), scheme, width].join('-');
    const page = await visitor({ locale, scheme, width, args: lens });
    const seen = async (which) => {
        is(await page.evaluate(() => document.documentElement.lang), locale,
           which + '-' + what + ': the language');
        await accessible(page, which + '-' + what);
        await fits(page, which + '-' + what);
        await shot(page, 'hall-' + which + '-' + what);
    };

    await page.goto(site);
    await seen('index');
    await page.goto(site + 'holder.html?holder=' + name);
    await hasCode(page);
    await page.click('summary');
    await seen('holder');
    for (const kind of width > 320 ? Object.keys(SAID) : ['check']) {
        await page.evaluate(async ([shown, said]) => fetch('api/said', { method: 'POST',
            body: JSON.stringify({ ...said, code: shown }) }), [await code(page),
            { ...SAID[kind], title: SAID[kind].title[locale === 'en' ? 0 : 1] }]);
        ok(await last(page, kind), 'holder-' + what + ': the gate has said ' + kind);
        await seen('holder-' + kind);
    }
    await page.goto(site + 'holder.html?life=1&holder=' + name);
    ok(await until(page, () => document.getElementById('card').className === 'over'),
       'holder-' + what + ': the code is over');
    await seen('holder-over');
    await page.goto(site + 'operator.html');
    await shows(page, '#store', locale === 'en' ? 'up' : '正常');
    await until(page, () => document.querySelectorAll('#reasons th').length > 3);
    await seen('operator');

    let said;
    await page.route(site + 'gate', (route) => route.fulfill({ json: { ...said,
        title: said.title[locale === 'en' ? 0 : 1] } }));
    await page.goto(site + 'guard.html');
    await seen('guard-idle');
    for (const kind of Object.keys(SAID)) {
        said = SAID[kind];
        await page.keyboard.type(kind);
        await page.keyboard.press('Enter');
        ok(await verdict(page, kind, said.reason), 'guard-' + what + ': ' + kind);
        const high = await page.evaluate(() => parseFloat(getComputedStyle(
            document.querySelector('#verdict .word')).fontSize));
        ok(high >= (width > 320 ? 100 : 32), 'guard-' + what + ': its word is large', high);
        if (width > 320 || kind === 'stop') {
            await seen('guard-' + kind);
        } else {
            await fits(page, 'guard-' + kind + '-' + what);
            await shot(page, 'hall-guard-' + kind + '-' + what);
        }
    }
    quiet(page, what);
    await page.context().close();
}

async function language() {
    const other = await open('?lang=zh');
    is(await text(other, 'h1'), '带核验口的大厅', 'the language can be chosen');
    await other.click('.doors a >> nth=0');
    ok(await shows(other, '#form button.main', '刷新健康码'), 'and goes along');
    await other.click('#language');
    ok(await shows(other, '#form button.main', 'New code'), 'and be changed');
    await other.context().close();

    const silent = await visitor({ javaScriptEnabled: false });
    await silent.goto(site + 'guard.html');
    ok(await silent.locator('noscript .wrong').isVisible(), 'without script a page says so');
    await silent.context().close();
}

await main(async () => {
    const people = {
        holder: await open('holder.html?lang=zh'),
        guard: await open('guard.html?lang=zh'),
        operator: await open('operator.html?lang=en')
    };
    await people.guard.evaluate(() => performance.setResourceTimingBufferSize(10000));
    await passes(people);
    await flagged(people);
    await elsewhere(people);
    await expired(people);
    for (const name of Object.keys(people)) {
        quiet(people[name], name);
    }
    await outage(people);
    await counted(people);
    await typed(people);
    await detector(people);
    await encrypted(people);
    await strangers(people);
    await Promise.all(Object.values(people).map((page) => page.context().close()));
    await Promise.all([broken(), language(), look('ben', 'zh-CN', 'light', 1280),
        look('cy', 'en', 'dark', 1280), look('dee', 'en', 'light', 320),
        look('eva', 'zh-CN', 'dark', 320)]);
});
