import { createHash, createSign, generateKeyPairSync, randomBytes } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';

interface Options {
  challenge: string;
}

/** An authenticator in software: what a browser and a passkey do between them. */
export interface SoftwareKey {
  readonly id: string;
  create(options: Options): object;
  /** `counter`: of uses, as the authenticator claims. */
  answer(options: Options, counter?: number, verified?: boolean): object;
}

export function softwareKey(publicUrl: string): SoftwareKey {
  const { hostname, origin } = new URL(publicUrl);
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = publicKey.export({ format: 'jwk' });
  const id = randomBytes(16);
  const rpHash = createHash('sha256').update(hostname).digest();
  const bytes = (text: string | undefined) => new Uint8Array(Buffer.from(text ?? '', 'base64url'));
  // COSE key: kty EC2, alg ES256, crv P-256, x, y.
  const cose = new Map<number, number | Uint8Array>([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, bytes(jwk.x)],
    [-3, bytes(jwk.y)],
  ]);
  const count = (n: number) => {
    const out = Buffer.alloc(4);
    out.writeUInt32BE(n);
    return out;
  };
  const clientData = (type: string, challenge: string) =>
    Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
  const frame = {
    id: id.toString('base64url'),
    rawId: id.toString('base64url'),
    type: 'public-key',
    clientExtensionResults: {},
  };
  return {
    id: frame.id,
    create({ challenge }) {
      const length = Buffer.from([0, id.length]);
      const key = Buffer.from(isoCBOR.encode(cose as never));
      const authData = Buffer.concat([rpHash, Buffer.from([0x45]), count(0), Buffer.alloc(16), length, id, key]);
      const object = new Map<string, unknown>([
        ['fmt', 'none'],
        ['attStmt', new Map()],
        ['authData', new Uint8Array(authData)],
      ]);
      const attestationObject = Buffer.from(isoCBOR.encode(object as never)).toString('base64url');
      const clientDataJSON = clientData('webauthn.create', challenge).toString('base64url');
      return { ...frame, response: { clientDataJSON, attestationObject, transports: ['internal'] } };
    },
    answer({ challenge }, counter = 1, verified = true) {
      const authData = Buffer.concat([rpHash, Buffer.from([verified ? 0x05 : 0x01]), count(counter)]);
      const data = clientData('webauthn.get', challenge);
      const signer = createSign('sha256');
      signer.update(Buffer.concat([authData, createHash('sha256').update(data).digest()]));
      return {
        ...frame,
        response: {
          clientDataJSON: data.toString('base64url'),
          authenticatorData: authData.toString('base64url'),
          signature: signer.sign(privateKey).toString('base64url'),
        },
      };
    },
  };
}
