/** Passkeys by the browser's own WebAuthn, in the JSON forms that auth speaks. */
import type { z } from 'zod';
import type { passkeyAnswer, passkeyAttestation, passkeyOptions } from '#contracts/auth/views.ts';
import { t } from '../i18n.ts';
import { ApiProblem } from './client.ts';

type Begun = z.output<typeof passkeyOptions>;

/** Whether this browser can: old ones, and pages without TLS that are not on localhost, can't. */
export const passkeysWork =
  typeof PublicKeyCredential === 'function' && 'parseCreationOptionsFromJSON' in PublicKeyCredential;

/** Has the device make a passkey. */
export async function makePasskey({ options }: Begun): Promise<z.input<typeof passkeyAttestation>> {
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(
    options as unknown as PublicKeyCredentialCreationOptionsJSON,
  );
  return (await ask(() => navigator.credentials.create({ publicKey }))) as z.input<typeof passkeyAttestation>;
}

/** Has the holder answer a challenge with a passkey. */
export async function answerWithPasskey({ challengeId, options }: Begun): Promise<z.input<typeof passkeyAnswer>> {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(
    options as unknown as PublicKeyCredentialRequestOptionsJSON,
  );
  const assertion = await ask(() => navigator.credentials.get({ publicKey }));
  return { challengeId, assertion } as z.input<typeof passkeyAnswer>;
}

async function ask(act: () => Promise<Credential | null>): Promise<unknown> {
  try {
    const credential = (await act()) as PublicKeyCredential | null;
    if (credential) return credential.toJSON();
  } catch (error) {
    const name = error instanceof DOMException ? error.name : '';
    if (name === 'InvalidStateError') throw refused('known');
    // Called off, timed out, or none that fits: browsers don't say which.
    if (name !== 'NotAllowedError' && name !== 'AbortError') console.error(error);
  }
  throw refused('refused');
}

function refused(why: 'known' | 'refused'): ApiProblem {
  const title = t(why === 'known' ? 'passkeys.known' : 'passkeys.refused');
  return new ApiProblem({ type: '', status: 0, code: `passkey_${why}`, title, requestId: '' });
}
