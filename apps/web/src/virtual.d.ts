/** Made by `build.ts` from the contracts: method, path, and whether the route takes an `Idempotency-Key`. */
declare module 'artel:routes' {
  const routes: Readonly<Record<string, readonly [method: string, path: string, keyed: 0 | 1]>>;
  export default routes;
}
declare module '*.css' {}
