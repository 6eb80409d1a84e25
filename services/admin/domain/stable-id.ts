import { v5 } from 'uuid';

const NAMESPACE = '6f1d3c6e-6a52-5d5b-9a0f-4d4b9f3c0a11';

/** The same id for the same thing on every installation: settings, dictionaries and templates have names, events want ids. */
export function stableId(kind: 'setting' | 'dictionary' | 'template' | 'notice', name: string): string {
  return v5(`${kind}:${name}`, NAMESPACE);
}
