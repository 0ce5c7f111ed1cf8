#!/usr/bin/python3
# The answers of jwcrypto (Debian's python3-jwcrypto) to util/interop.pl: a line
# of JSON for each line of JSON.  Knows nothing of healthcode.
# CONTRIBUTING.md, "Other implementations".

import importlib.metadata
import json
import sys

from jwcrypto import jwk, jws

KEYS = {
    'HS': lambda bits: {'kty': 'oct', 'size': bits},
    'RS': lambda bits: {'kty': 'RSA', 'size': 2048},
    'PS': lambda bits: {'kty': 'RSA', 'size': 2048},
    'ES': lambda bits: {'kty': 'EC', 'crv': 'P-521' if bits == 512 else 'P-%d' % bits},
}
ALGORITHMS = [family + str(bits) for family in KEYS for bits in (256, 384, 512)]


def about(_):
    return {'name': 'jwcrypto', 'version': importlib.metadata.version('jwcrypto'),
            'algorithms': ALGORITHMS + ['EdDSA']}


def make(ask):
    alg = ask['alg']
    form = {'kty': 'OKP', 'crv': 'Ed25519'} if alg == 'EdDSA' \
        else KEYS[alg[:2]](int(alg[2:]))
    key = jwk.JWK.generate(kid=ask['kid'], alg=alg, use='sig', **form)
    keys = jwk.JWKSet()
    keys.add(key)
    shared = form['kty'] == 'oct'
    return {'private': json.loads(key.export()), 'keys': keys.export(private_keys=shared)}


def sign(ask):
    token = jws.JWS(json.dumps(ask['claims']))
    token.add_signature(jwk.JWK(**ask['key']), ask['header']['alg'],
                        json.dumps(ask['header']))
    return {'code': token.serialize(compact=True)}


def verify(ask):
    token = jws.JWS()
    token.allowed_algs = [ask['alg']]
    try:
        token.deserialize(ask['code'], jwk.JWK(**ask['key']))
    except jws.InvalidJWSSignature as why:
        return {'refused': repr(why)}
    return {'claims': json.loads(token.payload)}


def thumbprint(ask):
    return {'thumbprint': jwk.JWK(**ask['key']).thumbprint()}


for line in sys.stdin:
    ask = json.loads(line)
    try:
        answer = globals()[ask['do']](ask)
    except Exception as why:  # pylint: disable=broad-except
        answer = {'error': repr(why)}
    print(json.dumps(answer), flush=True)
