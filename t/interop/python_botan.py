#!/usr/bin/python3
# The answers of Botan (Debian's python3-botan), whose cryptography is its own,
# not OpenSSL's, to util/interop.pl: a line of JSON for each line of JSON.  The
# little JOSE that it takes is here.  CONTRIBUTING.md, "Other implementations".

import base64
import json
import sys

try:
    import botan3 as botan
except ImportError:
    import botan2 as botan

SM2_ID = '1234567812345678'
RANDOM = botan.RandomNumberGenerator('system')

# alg: name of the curve in a JWK and here, bytes of a coordinate, how it signs
CURVES = {
    'ES256': ('P-256', 'secp256r1', 32, 'EMSA1(SHA-256)'),
    'ES384': ('P-384', 'secp384r1', 48, 'EMSA1(SHA-384)'),
    'ES512': ('P-521', 'secp521r1', 66, 'EMSA1(SHA-512)'),
    'SGD_SM3_SM2': ('SM2-P-256', 'sm2p256v1', 32, SM2_ID + ',SM3'),
}
RSA = [family + str(bits) for family in ('RS', 'PS') for bits in (256, 384, 512)]
SECRETS = ['HS256', 'HS384', 'HS512']

# DER before the 32 bytes of Ed25519: PKCS #8 and SubjectPublicKeyInfo
ED_PRIVATE = bytes.fromhex('302e020100300506032b657004220420')
ED_PUBLIC = bytes.fromhex('302a300506032b6570032100')


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


def number(text):
    return int.from_bytes(unb64(text), 'big')


def of_number(n, size=None):
    return b64(n.to_bytes(size or (n.bit_length() + 7) // 8, 'big'))


def padding(alg):
    if alg in CURVES:
        return CURVES[alg][3]
    if alg == 'EdDSA':
        return 'Pure'
    return ('EMSA3(SHA-%s)' if alg.startswith('RS') else 'EMSA4(SHA-%s)') % alg[2:]


def mac(alg, secret, text):
    code = botan.MsgAuthCode('HMAC(SHA-%s)' % alg[2:])
    code.set_key(secret)
    code.update(text)
    return code.final()


def private_key(alg, key):
    if alg in RSA:
        return botan.PrivateKey.load_rsa(number(key['p']), number(key['q']),
                                         number(key['e']))
    if alg == 'EdDSA':
        return botan.PrivateKey.load(ED_PRIVATE + unb64(key['d']), None)
    load = botan.PrivateKey.load_sm2 if 'SM2' in alg else botan.PrivateKey.load_ecdsa
    return load(CURVES[alg][1], number(key['d']))


def public_key(alg, key):
    if alg in RSA:
        return botan.PublicKey.load_rsa(number(key['n']), number(key['e']))
    if alg == 'EdDSA':
        return botan.PublicKey.load(ED_PUBLIC + unb64(key['x']))
    load = botan.PublicKey.load_sm2 if 'SM2' in alg else botan.PublicKey.load_ecdsa
    return load(CURVES[alg][1], number(key['x']), number(key['y']))


def about(_):
    return {'name': 'Botan', 'version': botan.version_string().split()[1],
            'algorithms': list(CURVES) + ['EdDSA'] + RSA + SECRETS}


def made(alg):
    if alg in SECRETS:
        return {'kty': 'oct', 'k': b64(RANDOM.get(int(alg[2:]) // 8))}, {}
    if alg in RSA:
        key = botan.PrivateKey.create('RSA', '2048', RANDOM)
        p, q, d = (key.get_field(name) for name in 'pqd')
        return {'kty': 'RSA', 'n': of_number(p * q), 'e': of_number(key.get_field('e'))}, {
            'd': of_number(d), 'p': of_number(p), 'q': of_number(q),
            'dp': of_number(d % (p - 1)), 'dq': of_number(d % (q - 1)),
            'qi': of_number(pow(q, -1, p))}
    if alg == 'EdDSA':
        key = botan.PrivateKey.create('Ed25519', '', RANDOM)
        return {'kty': 'OKP', 'crv': 'Ed25519', 'x': b64(key.get_public_key().to_der()[-32:])}, {
            'd': b64(key.to_der()[-32:])}
    crv, name, size, _ = CURVES[alg]
    key = botan.PrivateKey.create('SM2' if 'SM2' in alg else 'ECDSA', name, RANDOM)
    return {'kty': 'EC', 'crv': crv, 'x': of_number(key.get_field('public_x'), size),
            'y': of_number(key.get_field('public_y'), size)}, {
        'd': of_number(key.get_field('x'), size)}


def make(ask):
    public, private = made(ask['alg'])
    public.update(alg=ask['alg'], kid=ask['kid'], use='sig')
    return {'private': dict(public, **private), 'keys': json.dumps({'keys': [public]})}


def sign(ask):
    alg = ask['header']['alg']
    text = '.'.join(b64(json.dumps(part).encode()) for part in (ask['header'], ask['claims']))
    if alg in SECRETS:
        signature = mac(alg, unb64(ask['key']['k']), text.encode())
    else:
        key = private_key(alg, ask['key'])      # has to outlive what uses it
        signer = botan.PKSign(key, padding(alg))
        signer.update(text)
        signature = signer.finish(RANDOM)
    return {'code': text + '.' + b64(signature)}


def verify(ask):
    alg = ask['alg']
    text, _, signature = ask['code'].rpartition('.')
    if json.loads(unb64(text.split('.')[0]))['alg'] != alg:
        return {'refused': 'another alg'}
    if alg in SECRETS:
        holds = mac(alg, unb64(ask['key']['k']), text.encode()) == unb64(signature)
    else:
        key = public_key(alg, ask['key'])
        verifier = botan.PKVerify(key, padding(alg))
        verifier.update(text.encode())
        holds = verifier.check_signature(unb64(signature))
    if not holds:
        return {'refused': 'the signature'}
    return {'claims': json.loads(unb64(text.split('.')[1]))}


for line in sys.stdin:
    ask = json.loads(line)
    try:
        answer = globals()[ask['do']](ask) if ask['do'] in globals() else {'none': 1}
    except Exception as why:  # pylint: disable=broad-except
        answer = {'error': repr(why)}
    print(json.dumps(answer), flush=True)
