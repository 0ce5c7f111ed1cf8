// What the programs of t/browser share: Chromium, axe, and questions to the Perl
// program that started node (t/lib/Healthcode/Browser.pm).
// CONTRIBUTING.md, "Pages in a browser".

import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const modules = process.env.BROWSER_MODULES + '/node_modules/';
const { chromium } = createRequire(import.meta.url)(modules + 'playwright-core');
const axeSource = readFileSync(modules + 'axe-core/axe.min.js', 'utf8');
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const shots = process.env.BROWSER_SHOTS;

const browsers = new Map();

export function ok(is, what, more) {
    console.log((is ? 'ok - ' : 'not ok - ') + what);
    if (!is && more !== undefined) {
        console.log('    ' + (typeof more === 'string' ? more : JSON.stringify(more))
            .replace(/\n/g, '\n    '));
    }
    return is;
}

export const is = (value, expected, what) => ok(
    JSON.stringify(value) === JSON.stringify(expected), what,
    JSON.stringify(value) + ' is not ' + JSON.stringify(expected));

export const like = (text, pattern, what) => ok(pattern.test(text), what,
    text + ' is not ' + pattern);

// Asks one of the commands of the Perl program.
export async function ask(what, more) {
    console.log('? ' + JSON.stringify({ do: what, ...more }));
    const { value, done } = await lines.next();
    if (done) {
        throw new Error('nobody answers');
    }
    return JSON.parse(value);
}

// A Chromium with these arguments beside those of each, started when first asked for.
function chromiumWith(args) {
    const key = args.join(' ');
    if (!browsers.has(key)) {
        browsers.set(key, chromium.launch({ executablePath: '/usr/bin/chromium',
            chromiumSandbox: false, args: ['--disable-gpu', '--disable-dev-shm-usage',
                '--disable-background-networking', ...args] }));
    }
    return browsers.get(key);
}

// A page of a new visitor: { locale, scheme, width, height, args of Chromium }, who
// takes any certificate.  page.asked are the addresses that it asked for, page.wrong
// what its console complained of.
export async function visitor({ locale = 'en', scheme = 'light', width = 1280, height = 800,
                                args = [], ...more } = {}) {
    const browser = await chromiumWith(args);
    const context = await browser.newContext({ locale, colorScheme: scheme,
        viewport: { width, height }, timezoneId: 'Asia/Shanghai',
        reducedMotion: 'reduce', ignoreHTTPSErrors: true, ...more });
    const page = await context.newPage();

    page.asked = [];
    page.wrong = [];
    page.on('request', (request) => page.asked.push(request.url()));
    page.on('console', (message) => message.type() === 'error' && page.wrong.push(message.text()));
    page.on('pageerror', (error) => page.wrong.push(String(error.stack)));
    return page;
}

// Waits until the function, which runs in the page, holds; whether it did.
export async function until(page, condition, argument, seconds = 60) {
    try {
        await page.waitForFunction(condition, argument, { timeout: seconds * 1000 });
        return true;
    } catch (error) {
        return false;
    }
}

// What axe finds, in words; nothing may be found.
export async function accessible(page, what) {
    // by the protocol, which a Content-Security-Policy does not bind
    await page.evaluate(axeSource);
    const found = await page.evaluate(() => window.axe.run(document, {
        runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
    const words = found.violations.map((v) => v.id + ': ' + v.help + '\n'
        + v.nodes.slice(0, 5).map((n) => '    ' + n.html.slice(0, 200) + '\n      '
            + n.failureSummary.replace(/\n\s*/g, ' ')).join('\n')).join('\n');
    return ok(found.violations.length === 0 && found.passes.length > 10,
        what + ': axe finds nothing', words || 'axe has tried ' + found.passes.length + ' rules');
}

export async function fits(page, what) {
    const found = await page.evaluate(() => {
        const root = document.documentElement;
        return { wide: root.scrollWidth, room: root.clientWidth,
            who: Array.from(document.querySelectorAll('body *'))
                .filter((node) => node.getBoundingClientRect().right > root.clientWidth)
                .map((node) => node.outerHTML.slice(0, 120)) };
    });
    return ok(found.wide <= found.room, what + ': no scrolling to the side', found);
}

export async function shot(page, name) {
    mkdirSync(shots, { recursive: true });
    await page.screenshot({ path: shots + '/' + name + '.png', fullPage: true });
}

// Runs the program; the browser ends with it.
export async function main(program) {
    try {
        await program();
    } catch (error) {
        ok(false, 'it goes on to its end', String(error.stack));
    }
    for (const browser of browsers.values()) {
        await (await browser).close();
    }
    process.exit(0);
}
