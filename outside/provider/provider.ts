/** The simulated payment provider: merchant API, hosted payment page, signed callbacks, and ways to make it misbehave. */
import { serveHttp } from '../http.ts';
import { type DeskOptions, ProviderDesk } from './desk.ts';
import { providerRoutes } from './routes.ts';

export interface ProviderOptions extends DeskOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** The bearer key of the merchant API. */
  readonly apiKey: string;
  /** Where payers reach the hosted page, when that is not the address it listens on. */
  readonly publicUrl?: string;
}

export interface Provider {
  /** Base of the merchant API, without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

/** Starts the provider. Rejects when the port is taken or the folder can't be written. */
export async function startProvider(options: ProviderOptions): Promise<Provider> {
  const desk = new ProviderDesk(options);
  let publicUrl = options.publicUrl?.replace(/\/$/, '') ?? '';
  const http = await serveHttp({
    name: 'provider',
    host: options.host ?? '127.0.0.1',
    port: options.port,
    log: options.log,
    routes: providerRoutes(desk, options.apiKey, () => publicUrl),
  }).catch(async (error: unknown) => {
    await desk.close();
    throw error;
  });
  publicUrl ||= http.url;
  desk.resume();
  return {
    url: http.url,
    async close() {
      await http.close();
      await desk.close();
    },
  };
}
