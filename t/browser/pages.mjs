// What people see who are refused, in Chromium: each page in both languages,
// schemes and widths, without colours, printed, by a screen reader's rules; a busy
// gate that comes back; a door for staff.
// docs/pages.md.

import { accessible, ask, fits, is, like, main, ok, shot, until, visitor }
    from './browser.mjs';

const site = process.env.SITE;
const kinds = ['renew', 'code', 'holder', 'condition', 'busy', 'other'];
const seen = {};

const text = (page, selector) => page.locator(selector).first().innerText();

function quiet(page, what) {
    is(page.wrong.filter((line) => !/status of [45]\d\d/.test(line)), [],
       what + ': nothing is wrong in its console');
    is(page.asked.filter((url) => !url.startsWith(site + '/') && url !== 'data:,'), [],
       what + ': it asks nobody else');
}

async function open(kind, options) {
    const page = await visitor(options);
    await page.setExtraHTTPHeaders({ authorization: await ask('show', { kind }) });
    const answer = await page.goto(site + '/' + kind + '?id=1');
    return { page, answer };
}

async function looks() {
    for (const kind of kinds) {
        for (const [locale, scheme, width] of [['en', 'light', 320], ['zh-CN', 'dark', 320],
            ['en', 'dark', 1280], ['zh-CN', 'light', 1280]])
        {
            const what = [kind, locale.slice(0, 2), scheme, width].join('-');
            const { page } = await open(kind, { locale, scheme, width });
            is(await page.evaluate(() => document.body.className), kind, what + ': its page');
            is(await page.evaluate(() => document.documentElement.lang), locale,
               what + ': the language');
            await shot(page, 'pages-' + what);
            await accessible(page, what);
            await fits(page, what);
            like(await text(page, 'main'), locale === 'en' ? /Gate B/ : /人工通道/,
                 what + ': the manual lane');
            ok(await page.locator('a[href="tel:+861012345"]').isVisible(), what + ': the hotline');
            is(await page.locator('a:visible').evaluateAll((all) => all.filter((a) =>
                a.textContent.trim() === '').length), 0, what + ': no link is empty');
            const box = await page.locator('.head svg').boundingBox();
            ok(box.width >= 80 && box.y < 300, what + ': its sign can be seen from afar');
            if (scheme === 'light') {
                seen[locale] ||= {};
                seen[locale][kind] = [await page.locator('.head svg').innerHTML(),
                    await text(page, '.word'), await text(page, 'h1')];
            }
            quiet(page, what);
            await page.context().close();
        }
    }
    for (const locale of Object.keys(seen)) {
        for (const part of [0, 1, 2]) {
            is(new Set(Object.values(seen[locale]).map((all) => all[part])).size, kinds.length,
               locale + ': ' + ['signs', 'words', 'headings'][part] + ' differ');
        }
    }
}

async function plainly() {
    for (const kind of kinds) {
        const { page } = await open(kind, { width: 640 });
        await page.emulateMedia({ media: 'print' });
        const head = await page.evaluate(() => {
            const style = getComputedStyle(document.querySelector('.head'));
            return style.color + style.backgroundColor;
        });
        is(head, 'rgb(0, 0, 0)rgb(255, 255, 255)', kind + ': black on white on paper');
        is(await page.locator('.again:visible').count(), 0, kind + ': paper has no buttons');
        await shot(page, 'pages-' + kind + '-print');
        await page.emulateMedia({ media: 'screen', forcedColors: 'active' });
        ok(await page.locator('.word').isVisible(), kind + ': without colours its word is there');
        await shot(page, 'pages-' + kind + '-forced');
        await page.context().close();
    }
    const { page } = await open('renew', {});
    is(await page.locator('a:visible').first().getAttribute('href'),
       'https://code.example/open', 'renew: the way to a fresh code comes first');
    await page.keyboard.press('Tab');
    is(await page.evaluate(() => document.activeElement.getAttribute('href')),
       'https://code.example/open', 'renew: and is the first by the keyboard');
    await page.context().close();

    const holder = await open('holder', {});
    ok(await holder.page.locator('a[href="mailto:correct@hall.example"]').isVisible(),
       'holder: where to contest');
    like(await text(holder.page, '.note'),
         /reference only.*The data are of \d{4}-\d\d-\d\d \d\d:\d\d/,
         'holder: for reference, and of which time');
    await holder.page.context().close();
}

async function busy() {
    const { page, answer } = await open('busy', {});
    is([answer.headers()['retry-after'], answer.headers().refresh], ['10', '10'],
       'busy: the page asks again when it says');
    const left = () => page.evaluate(() => Math.round(Number(
        getComputedStyle(document.querySelector('.count')).getPropertyValue('--left'))));
    const first = await left();
    ok(first >= 6 && first <= 10, 'busy: it counts from there', first);
    ok(await until(page, (was) => Number(getComputedStyle(document.querySelector('.count'))
        .getPropertyValue('--left')) < was, first, 9), 'busy: down');
    await ask('up');
    ok(await until(page, () => document.body.textContent.includes('passed'), null, 30),
       'busy: when the store is there, the page goes on by itself');
    is(page.url(), site + '/busy?id=1', 'busy: to where it was asked for');
    await ask('down');
    await page.goto(site + '/');
    await page.setContent('<form method="post" action="' + site
        + '/busy"><button>x</button></form>');
    await page.locator('button').click();
    ok(await until(page, () => document.body.className === 'busy'), 'busy: what is posted');
    ok(!await page.locator('.count').isVisible() && !await page.locator('.button').isVisible(),
       'busy: is not sent again');
    like(await text(page, 'ul'), /^Go back, wait a moment, and send it again\./,
         'busy: which the page says');
    await page.context().close();
    await ask('up');
}

async function staff() {
    const page = await visitor({});
    const answer = await page.goto(site + '/any');
    is(answer.status(), 401, 'staff: a citizen is refused');
    is((await answer.headerValues('www-authenticate')).filter((value) => /basic/i.test(value)), [],
       'staff: and asked for no password');
    is(await page.evaluate(() => document.body.className), 'code', 'staff: but sees the page');
    await page.context().close();
}

await main(async () => {
    await looks();
    await plainly();
    await busy();
    await staff();
});
