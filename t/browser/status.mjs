// The page of healthcode_status as people at a gate see it: the fixture in both
// languages, schemes and widths; then a real gate that is asked, loses its store,
// has it again, and ends.
// docs/monitoring/page.md.

import { accessible, ask, fits, is, like, main, ok, shot, until, visitor }
    from './browser.mjs';
import { fixture } from './fixture.mjs';

const site = process.env.SITE;

// The page with another answer in it, and as the answer to what it asks.
async function play(page, answer) {
    await page.route(site + '/page', async (route) => {
        if (route.request().headers().accept === 'application/json') {
            await route.fulfill({ json: answer() });
            return;
        }
        const response = await route.fetch();
        const body = (await response.text()).replace(
            /(<script type="application\/json" id="data">)[^<]*/,
            (all, tag) => tag + JSON.stringify(answer()).replace(/</g, '\\u003c'));
        await route.fulfill({ response, body });
    });
}

const drawn = (page) => until(page, () => !document.getElementById('plain'));
const shows = (page, selector, words, seconds) => until(page,
    ([where, what]) => Array.from(document.querySelectorAll(where))
        .some((node) => node.textContent.includes(what)), [selector, words], seconds);
const text = (page, selector) => page.locator(selector).first().textContent();
const alerts = (page) => page.locator('#alerts li').allTextContents();

function quiet(page, what) {
    is(page.wrong, [], what + ': nothing is wrong in its console');
    is(page.asked.filter((url) => !url.startsWith(site + '/') && url !== 'data:,'), [],
       what + ': it asks nobody else');
}

async function looks() {
    for (const [kind, locale, scheme, width] of [
        ['outage', 'en', 'light', 1280], ['outage', 'zh-CN', 'dark', 1280],
        ['outage', 'en', 'dark', 320], ['outage', 'zh-CN', 'light', 320],
        ['well', 'zh-CN', 'light', 1280], ['well', 'en', 'dark', 1280],
        ['well', 'zh-CN', 'dark', 320], ['well', 'en', 'light', 320]])
    {
        const what = [kind, locale.slice(0, 2), scheme, width].join('-');
        const page = await visitor({ locale, scheme, width });
        await play(page, () => fixture(kind));
        await page.goto(site + '/page');
        ok(await drawn(page), what + ': it is drawn');
        is(await page.evaluate(() => document.documentElement.lang), locale,
           what + ': the language');
        await shot(page, 'status-' + what);

        for (const summary of await page.locator('summary').all()) {
            await summary.focus();
            await page.keyboard.press('Enter');
        }
        ok(await until(page, () => document.querySelectorAll('#minutes tbody tr').length === 61
            && document.querySelectorAll('#gates tbody tr').length === 7),
           what + ': its tables open by the keyboard');
        await accessible(page, what);
        await fits(page, what);
        if (width > 320) {
            await shot(page, 'status-' + what + '-open');
        }
        quiet(page, what);
        await page.context().close();
    }
}

async function top() {
    const page = await visitor();
    let answer = fixture('outage');
    await play(page, () => answer);
    await page.goto(site + '/page');
    await drawn(page);

    const found = (await alerts(page)).map((line) => line.replace(/\d\d:\d\d/g, 'HH:MM')
        .replace(/[A-Z][a-z]+ \d+, \d+/g, 'DATE'));
    is(found, [
        'Outage Store flags is down since HH:MM (12 min): the store cannot be reached. '
            + 'Requests that need it are answered 503, or pass unchecked where a gate has '
            + 'healthcode_on_outage allow.',
        'Outage 279 of 294 requests of the last five minutes were answered 503.',
        'Attention Data of source county in store flags is 3 d old.',
        'Attention Issuer national: keys that cannot be used: 1.',
        'Attention Codes of issuer province are accepted until DATE, HH:MM, for 12 d more.'
    ], 'what needs attention stands at the top, the worst first');
    like(await page.title(), /^\(5\) Gate status /, 'its number in the title');
    is(await text(page, '#said'), '', 'nothing is read out when the page opens');

    answer = fixture('well');
    ok(await shows(page, '#alerts', 'Nothing needs attention.'), 'it goes when all is well');
    like(await text(page, '#said'), /^No longer: Store flags is down.*No longer: /,
         'which is read out');
    const said = await text(page, '#said');

    answer = fixture('well');
    answer.requests[0].count += 1000;
    ok(await shows(page, '#gates summary', '821,040 allowed'), 'a number changes');
    is(await text(page, '#said'), said, 'which is not read out');

    answer = fixture('well');
    answer.stores[0].clock_difference_ms = -31000;
    answer.stores[0].tracking_keys = 900000;
    Object.assign(answer.stores[1], { up: false, reason: 'store_timeout', workers_down: 2 });
    answer.keys[0].keys = 0;
    answer.keys[1].sunset = answer.time - 60;
    answer.stores[1].data = [{ source: 'city', time: 0, age: null }];
    answer.minutes[60].other = 7;
    ok(await shows(page, '#alerts', 'Issuer national has no keys'), 'an issuer without keys');
    const more = (await alerts(page)).join('\n');
    like(more, /The clock of store flags differs .* by 31 s\./, 'clocks that differ');
    like(more, /Store badges is down for 2 of 10 workers: the store is late\./,
         'a store that some workers miss');
    like(more, /tracks 900,000 keys; its bound is 1,000,000\./, 'a table near its bound');
    like(more, /Codes of issuer province are no longer accepted/, 'a sunset that is past');
    like(more, /The time that source city in store badges has cannot be true\./,
         'a source whose time cannot be read');
    ok(await shows(page, '#stores .alarm', 'cannot be true'), 'which is not called fresh');
    is(await text(page, '#sum-other'), '7', 'requests without a counter are not left out');
    quiet(page, 'what needs attention');
    await page.context().close();
}

async function parts() {
    const page = await visitor();
    const { version, schema, keys, caches, requests, counting_since } = fixture('well');
    await play(page, () => ({ version, schema, keys, caches, requests, counting_since }));
    await page.goto(site + '/page');
    await drawn(page);
    is(await page.evaluate(() => Array.from(document.querySelectorAll('section'))
        .filter((node) => node.hidden).map((node) => node.id)), ['hour', 'stores'],
       'a part that the answer does not have is left out');
    quiet(page, 'fewer parts');
    await page.context().close();

    const full = await visitor();
    await play(full, () => fixture('well'));
    await full.goto(site + '/page');
    await drawn(full);
    is(await full.evaluate(() => document.querySelectorAll('main script, main img').length), 0,
       'a name that is markup makes no element');
    ok(await shows(full, '#gates summary b',
                   '<script>alert(1)</script> · <img src=x onerror=alert(1)>'),
       'it stands there as it is called');
    is(await full.evaluate(() => Array.from(document.querySelectorAll('#stores .pair'))
        .map((node) => node.textContent).filter((line) => line.includes('inside'))),
       ['People inside east1,2124 s ago', 'People inside <b>west</b>02 h ago'],
       'halls say who is inside, and since when');
    const before = await text(full, '#requests-read');
    const box = await full.locator('#requests').boundingBox();
    await full.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    ok(await until(full, (was) => document.getElementById('requests-read').textContent !== was,
                   before), 'the minute under the pointer is told in words');
    like(await text(full, '#requests-desc'), /^In the last hour 5,253 requests were allowed, 304/,
         'the chart has a description');
    quiet(full, 'a full page');
    await full.context().close();

    // axe is a script: the page loses its own instead
    const silent = await visitor({ locale: 'zh-CN' });
    await silent.route(site + '/page', async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response,
            body: (await response.text()).replace(/<script>[^]*?<\/script>/, '') });
    });
    await silent.goto(site + '/page');
    ok(await silent.locator('#plain table caption').first().isVisible(),
       'without script there are tables');
    await accessible(silent, 'without script');
    await shot(silent, 'status-without-script');
    await silent.context().close();
}

// A gate that nobody has asked before; each change comes without a reload.
async function live() {
    const page = await visitor();
    let isBroken = false;
    page.on('dialog', () => ok(false, 'nothing of a name runs'));
    await page.route(site + '/status', (route) =>
        isBroken && route.request().headers().accept === 'application/json'
            ? route.fulfill({ status: 502, body: 'x' }) : route.continue());
    await page.goto(site + '/status');
    ok(await drawn(page), 'a browser gets the page where no format is written');
    ok(await shows(page, '#alerts', 'Nothing needs attention.'), 'all is well');
    await page.evaluate(() => { window.isSame = true; });

    is([await ask('ask', { code: 'alice' }), await ask('ask', { code: 'bob' }), await ask('ask')],
       ['200', '403 flagged', '401 missing'], 'people come to the gate');
    ok(await shows(page, '#gates summary', '1 allowed, 2 refused, 0 answered 503'),
       'which the page shows by itself');
    ok(await shows(page, '#reasons th', 'flagged'), 'and why they were refused');
    is(await text(page, '#sum-allow'), '1', 'in the last hour as well');
    ok(await shows(page, '#stores', 'of 1,000,000'), 'and how many keys Redis tracks');

    is(await ask('ask', { uri: '/side' }), '401 missing', 'another gate');
    ok(await shows(page, '#gates summary b', '<script>alert(1)</script> · hall.example'),
       'with a name that is markup');

    await ask('down');
    is(await ask('ask', { code: 'carol' }), '503 store_unavailable', 'the store is killed');
    ok(await shows(page, '#alerts .bad', 'Store flags is down'), 'an outage stands at the top');
    ok(await shows(page, '#said', 'Outage Store flags is down'), 'and is read out');
    ok(await shows(page, '#stores .state.down', 'down'), 'the store is down');
    await shot(page, 'status-live-outage');

    await ask('up');
    ok(await shows(page, '#said', 'No longer: Store flags is down'), 'its end is read out');
    ok(await shows(page, '#stores .state', 'up'), 'the store is up');
    is(await ask('ask', { code: 'carol' }), '200', 'and people pass');

    isBroken = true;
    ok(await shows(page, '#alerts .bad', 'the gate answered 502'), 'an answer that is an error');
    isBroken = false;
    ok(await shows(page, '#said', 'the gate answered 502'), 'is over with the next one');
    ok(await until(page, () => !document.getElementById('alerts').textContent.includes('502')),
       'and gone');

    await ask('stop');
    ok(await shows(page, '#alerts .bad', 'the gate does not answer'), 'a gate that has ended');
    like(await text(page, '#gates summary'), /2 allowed/, 'the last numbers stay');
    ok(await page.evaluate(() => window.isSame), 'all of it on one page');
    is(page.asked.filter((url) => !url.startsWith(site + '/') && url !== 'data:,'), [],
       'which asked nobody else');
    await shot(page, 'status-live-ended');
}

await main(async () => {
    await looks();
    await top();
    await parts();
    await live();
});
