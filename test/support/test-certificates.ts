import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A certificate and its private key in PEM. */
export interface TestCertificate {
  readonly certificate: string;
  readonly privateKey: string;
}

/** An element of DER (X.690): tag, length and content. */
function element(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const lengthBytes = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...lengthBytes]), content]);
}

const sequence = (...contents: readonly Buffer[]): Buffer => element(0x30, ...contents);
const oid = (hex: string): Buffer => element(0x06, Buffer.from(hex, 'hex'));
const integer = (value: number): Buffer => element(0x02, Buffer.from([value]));
const bits = (content: Buffer): Buffer => element(0x03, Buffer.from([0]), content);
const octets = (content: Buffer): Buffer => element(0x04, content);
const TRUE = element(0x01, Buffer.from([0xff]));

const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));
const COMMON_NAME = oid('550403');
const BASIC_CONSTRAINTS = oid('551d13');
const SUBJECT_ALTERNATIVE_NAME = oid('551d11');

const nameOf = (text: string): Buffer =>
  sequence(element(0x31, sequence(COMMON_NAME, element(0x0c, Buffer.from(text, 'utf8')))));

/** Valid as long as the two digits of the year can say. */
const VALIDITY = sequence(
  ...['200101000000Z', '491231235959Z'].map((time) => element(0x17, Buffer.from(time, 'ascii'))),
);

const AUTHORITY_EXTENSION = sequence(BASIC_CONSTRAINTS, TRUE, octets(sequence(TRUE)));
/** The address 127.0.0.1. */
const LOOPBACK_EXTENSION = sequence(
  SUBJECT_ALTERNATIVE_NAME,
  octets(sequence(element(0x87, Buffer.from([127, 0, 0, 1])))),
);

const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${der.toString('base64').replaceAll(/(.{64})/g, '$1\n')}\n-----END ${label}-----\n`;

function issue(
  subject: string,
  publicKey: KeyObject,
  issuer: { readonly name: string; readonly key: KeyObject },
  extension: Buffer,
): string {
  const content = sequence(
    element(0xa0, integer(2)),
    integer(1 + Math.floor(Math.random() * 127)),
    ECDSA_WITH_SHA256,
    nameOf(issuer.name),
    VALIDITY,
    nameOf(subject),
    publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, sequence(extension)),
  );
  return pem('CERTIFICATE', sequence(content, ECDSA_WITH_SHA256, bits(sign('sha256', content, issuer.key))));
}

const newKeys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/** A new certificate authority that signs certificates for tests. */
export function createAuthority(name: string): TestCertificate & { readonly name: string } {
  const { publicKey, privateKey } = newKeys();
  return {
    name,
    certificate: issue(name, publicKey, { name, key: privateKey }, AUTHORITY_EXTENSION),
    privateKey: pemOf(privateKey),
  };
}

/** A certificate for a server on 127.0.0.1, or for a client. */
export function createCertificate(
  subject: string,
  authority: TestCertificate & { readonly name: string },
): TestCertificate {
  const { publicKey, privateKey } = newKeys();
  const issuer = { name: authority.name, key: createPrivateKey(authority.privateKey) };
  return { certificate: issue(subject, publicKey, issuer, LOOPBACK_EXTENSION), privateKey: pemOf(privateKey) };
}
