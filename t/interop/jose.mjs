#!/usr/bin/env node
// The answers of jose of npm, version 5, to util/interop.pl: a line of JSON for
// each line of JSON.  Knows nothing of healthcode.
// CONTRIBUTING.md, "Other implementations".

import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(process.env.INTEROP_MODULES + '/');
const jose = require('jose');

const SECRETS = ['HS256', 'HS384', 'HS512'];

const can = {
    about: () => ({
        name: 'jose of npm', version: require('jose/package.json').version,
        algorithms: [...SECRETS, 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512',
                     'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
    }),

    make: async ({ alg, kid }) => {
        const more = { kid, alg, use: 'sig' };
        if (SECRETS.includes(alg)) {
            const secret = await jose.generateSecret(alg, { extractable: true });
            const key = { ...await jose.exportJWK(secret), ...more };
            return { private: key, keys: JSON.stringify({ keys: [key] }) };
        }
        const pair = await jose.generateKeyPair(alg, { extractable: true });
        const key = { ...await jose.exportJWK(pair.publicKey), ...more };
        return { private: { ...await jose.exportJWK(pair.privateKey), ...more },
                 keys: JSON.stringify({ keys: [key] }) };
    },

    sign: async ({ key, header, claims }) => ({
        code: await new jose.SignJWT(claims).setProtectedHeader(header)
            .sign(await jose.importJWK(key, header.alg)),
    }),

    // as who verifies does it: by a set, which finds the key by its kid
    verify: async ({ alg, key, code }) => {
        const by = SECRETS.includes(alg) ? await jose.importJWK(key, alg)
                                         : jose.createLocalJWKSet({ keys: [key] });
        try {
            const { payload } = await jose.jwtVerify(code, by, { algorithms: [alg] });
            return { claims: payload };
        } catch (why) {
            if (why.code !== 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED') { throw why; }
            return { refused: why.message };
        }
    },

    thumbprint: async ({ key }) => ({ thumbprint: await jose.calculateJwkThumbprint(key) }),
};

for await (const line of createInterface({ input: process.stdin })) {
    const ask = JSON.parse(line);
    let answer;
    try {
        answer = ask.do in can ? await can[ask.do](ask) : { none: 1 };
    } catch (why) {
        answer = { error: String(why) };
    }
    console.log(JSON.stringify(answer));
}
