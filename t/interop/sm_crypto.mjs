#!/usr/bin/env node
// The answers of sm-crypto-v2 of npm, which has SM2 and SM3 alone, to
// util/interop.pl: a line of JSON for each line of JSON.  The little JOSE that it
// takes is here.  CONTRIBUTING.md, "Other implementations".

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(process.env.INTEROP_MODULES + '/');
const { sm2 } = require('sm-crypto-v2');

const ALG = 'SGD_SM3_SM2';
const HOW = { hash: true, der: false, userId: '1234567812345678' };

const b64 = (data) => Buffer.from(data).toString('base64url');
const unb64 = (text) => Buffer.from(text, 'base64url');
const of_hex = (hex) => Buffer.from(hex, 'hex').toString('base64url');
const to_hex = (text) => unb64(text).toString('hex');
const point = (key) => '04' + to_hex(key.x) + to_hex(key.y);

const can = {
    about: () => ({ name: 'sm-crypto-v2', algorithms: [ALG],
                    version: require('sm-crypto-v2/package.json').version }),

    make: ({ kid }) => {
        const { privateKey, publicKey } = sm2.generateKeyPairHex();
        const key = { kty: 'EC', crv: 'SM2-P-256', alg: ALG, kid, use: 'sig',
                      x: of_hex(publicKey.slice(2, 66)), y: of_hex(publicKey.slice(66)) };
        return { private: { ...key, d: of_hex(privateKey) },
                 keys: JSON.stringify({ keys: [key] }) };
    },

    sign: ({ key, header, claims }) => {
        const text = [header, claims].map((part) => b64(JSON.stringify(part))).join('.');
        const hex = sm2.doSignature(Buffer.from(text), to_hex(key.d),
                                    { ...HOW, publicKey: point(key) });
        return { code: text + '.' + of_hex(hex) };
    },

    verify: ({ key, code }) => {
        const [header, payload, signature] = code.split('.');
        return sm2.doVerifySignature(Buffer.from(header + '.' + payload), to_hex(signature),
                                     point(key), HOW)
            ? { claims: JSON.parse(unb64(payload)) } : { refused: 'the signature' };
    },
};

for await (const line of createInterface({ input: process.stdin })) {
    const ask = JSON.parse(line);
    let answer;
    try {
        answer = ask.do in can ? can[ask.do](ask) : { none: 1 };
    } catch (why) {
        answer = { error: String(why) };
    }
    console.log(JSON.stringify(answer));
}
