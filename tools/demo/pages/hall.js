/*
 * What the pages of the demo share: the language, words, questions to the helper,
 * and a verdict as people see it.  What comes from outside becomes text, never
 * markup.  docs/demo.md, "Pages".
 */

import { TEXTS } from './texts.js';

const asked = new URLSearchParams(location.search);
const isChinese = (word) => /^zh/i.test(word || '');

export const LANG = (asked.has('lang') ? isChinese(asked.get('lang'))
    : isChinese(navigator.language)) ? 'zh-CN' : 'en';

const words = TEXTS[LANG.slice(0, 2)];

export const $ = (id) => document.getElementById(id);
export const argument = (name) => asked.get(name);

export function t(name, values) {
    return words[name].replace(/\{(\w+)\}/g, (all, word) => values[word]);
}

export function make(name, className, text) {
    const node = document.createElement(name);
    if (className) {
        node.className = className;
    }
    if (text !== undefined) {
        node.textContent = text;
    }
    return node;
}

const second = new Intl.DateTimeFormat(LANG, { timeStyle: 'medium', hourCycle: 'h23' });
export const clock = (date) => second.format(date);

/* Fills the page with the words of its language. */
export function begin() {
    document.documentElement.lang = LANG;
    document.title = t(document.documentElement.dataset.title) + ' – ' + t('demo');
    for (const node of document.querySelectorAll('[data-t]')) {
        node.textContent = t(node.dataset.t);
    }
    for (const link of document.querySelectorAll('a[data-page]')) {
        const to = new URLSearchParams(asked.has('lang') ? { lang: asked.get('lang') } : {});
        link.href = link.dataset.page + (to.size ? '?' + to : '');
    }
    const other = new URLSearchParams(asked);
    other.set('lang', LANG === 'en' ? 'zh' : 'en');
    $('language').href = '?' + other;
    $('language').lang = LANG === 'en' ? 'zh-CN' : 'en';
    document.documentElement.classList.add('ready');
}

/* What the helper answers; an Error with a sentence for people if it is an error. */
export async function api(name, question, more) {
    let answer, body;
    try {
        answer = await fetch('api/' + name, { cache: 'no-store',
            signal: AbortSignal.timeout(8000),
            ...(question !== undefined && { method: 'POST', body: JSON.stringify(question),
                headers: { 'Content-Type': 'application/json' } }), ...more });
        body = await answer.json();
    } catch (error) {
        throw new Error(t('helper.silent'));
    }
    if (!answer.ok) {
        throw new Error(t('helper.refused', { why: body.error || answer.status }));
    }
    return body;
}

/*
 * Which of the signs a verdict gets.  Only what the gate calls green, and an
 * allow, is one to pass.
 */
const BUSY = ['store', 'keys', 'fault'];
const BUSY_REASONS = /^(store_\w+|keys_unavailable|data_old|fault|–)$/;
const isBusy = (said) => said.class ? BUSY.includes(said.class)
    : BUSY_REASONS.test(said.reason);

export function kindOf(said) {
    if (said.colour === 'green' && said.verdict === 'allow') {
        return 'pass';
    }
    if (said.verdict === 'deny' && said.colour === 'red') {
        return 'stop';
    }
    if (said.verdict === 'deny' && said.colour === 'yellow') {
        return 'check';
    }
    return said.verdict === 'deny' && said.colour === 'grey' && !isBusy(said) ? 'renew' : 'busy';
}

const SIGNS = {
    pass: 'M20 52 L42 74 L80 28',
    stop: 'M26 26 L74 74 M74 26 L26 74',
    check: 'M50 18 V58 M50 77 V78',
    renew: 'M73 38 A26 26 0 1 0 76 52 M75 18 V38 H55',
    busy: 'M36 38 A14 14 0 1 1 50 53 V60 M50 79 V80'
};

/* A drawing, since letters for signs differ from machine to machine. */
export function sign(kind) {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    svg.setAttribute('viewBox', '12 12 76 76');
    svg.setAttribute('class', 'sign');
    svg.setAttribute('aria-hidden', 'true');
    path.setAttribute('d', SIGNS[kind]);
    svg.append(path);
    return svg;
}

/* What a field offers, which takes other names, too. */
export function offer(list, names) {
    list.replaceChildren(...names.map((name) => {
        const option = make('option');
        option.value = name;
        return option;
    }));
}

/* The gate's sentence may be in the language of another page. */
export function sentence(name, className, text) {
    const node = make(name, className, text);
    node.lang = /[\u4e00-\u9fff]/.test(text) ? 'zh-CN' : 'en';
    return node;
}
