#!/usr/bin/python3
# The answers of PyJWT (Debian's python3-jwt) to util/interop.pl: a line of JSON
# for each line of JSON.  Keys of curves are handed out as PEM, since PyJWT of
# Debian 12 writes no JWK of them.  CONTRIBUTING.md, "Other implementations".

import json
import secrets
import sys

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt import algorithms

CURVES = {'ES256': ec.SECP256R1, 'ES384': ec.SECP384R1, 'ES512': ec.SECP521R1}
SIZED = [family + str(bits) for family in ('HS', 'RS', 'PS') for bits in (256, 384, 512)]


def about(_):
    return {'name': 'PyJWT', 'version': jwt.__version__,
            'algorithms': SIZED + list(CURVES) + ['EdDSA']}


def as_jwk(key, ask):
    algorithm = algorithms.get_default_algorithms()[ask['alg']]
    made = algorithm.to_jwk(key)
    return dict(json.loads(made) if isinstance(made, str) else made, kid=ask['kid'],
                alg=ask['alg'])


def make(ask):
    alg = ask['alg']
    if alg in CURVES:
        key = ec.generate_private_key(CURVES[alg]())
        pem = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        return {'pem': key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()).decode(), 'keys': pem.decode()}
    if alg.startswith('HS'):
        key = public = secrets.token_bytes(int(alg[2:]) // 8)
    else:
        key = ed25519.Ed25519PrivateKey.generate() if alg == 'EdDSA' \
            else rsa.generate_private_key(65537, 2048)
        public = key.public_key()
    return {'private': as_jwk(key, ask), 'keys': json.dumps({'keys': [as_jwk(public, ask)]})}


def sign(ask):
    header = dict(ask['header'])
    key = ask['pem'] if 'pem' in ask else jwt.PyJWK(ask['key']).key
    return {'code': jwt.encode(ask['claims'], key, algorithm=header.pop('alg'),
                               headers=header)}


def verify(ask):
    key = ask['pem'] if 'pem' in ask else jwt.PyJWK(ask['key']).key
    try:
        claims = jwt.decode(ask['code'], key, algorithms=[ask['alg']])
    except jwt.InvalidSignatureError as why:
        return {'refused': repr(why)}
    return {'claims': claims}


for line in sys.stdin:
    ask = json.loads(line)
    try:
        answer = globals()[ask['do']](ask) if ask['do'] in globals() else {'none': 1}
    except Exception as why:  # pylint: disable=broad-except
        answer = {'error': repr(why)}
    print(json.dumps(answer), flush=True)
