import type { Locale } from '#contracts/common/values.ts';
import type { Contact } from '#contracts/users/internal.ts';
import type { BaseContext } from '../context.ts';
import { type DeliveryRow, digestItems } from '../data/deliveries.ts';
import { overrideOf } from '../data/overrides.ts';
import { makeUnsubscribeToken } from '../domain/unsubscribe-token.ts';
import { nameOf } from '../people.ts';
import { shippedTexts, type TemplateTexts, templateOf } from '../templates/catalogue.ts';
import {
  counted,
  type Reader,
  type Rendered,
  renderMail,
  renderShort,
  sampleValues,
  valuesFor,
} from '../templates/render.ts';
import { TEMPLATE_TEST, templateTestParams } from './test-send.ts';

/** The code and link of a message, as auth told them just now. */
export interface Secret {
  readonly code: string | null;
  readonly linkToken: string | null;
  readonly destination: string | null;
  readonly locale: Locale;
}

export interface Message {
  readonly row: DeliveryRow;
  /** Undefined: the profile is not there yet, or users is away. */
  readonly contact: Contact | undefined;
  readonly secret: Secret | undefined;
  readonly people: ReadonlyMap<string, Contact>;
}

export interface Composed extends Rendered {
  readonly unsubscribeUrl: string | undefined;
}

const NOBODY = { ru: 'коллега', en: 'there' } as const;
/** Most lines of a digest; the rest is counted. */
const DIGEST_LINES = 50;

export function unsubscribeUrl(
  ctx: Pick<BaseContext, 'publicUrl' | 'secret'>,
  row: Pick<DeliveryRow, 'userId' | 'type' | 'critical'>,
): string | undefined {
  if (row.critical) return undefined;
  const token = makeUnsubscribeToken(ctx.secret('unsubscribe'), { userId: row.userId, type: row.type });
  return `${ctx.publicUrl}/api/v1/unsubscribe/${token}`;
}

/** The words of a message. Undefined: there is nothing to say any more (all of a digest was read). */
export async function composeMessage(ctx: BaseContext, message: Message): Promise<Composed | undefined> {
  const { row, contact, secret } = message;
  if (row.event === TEMPLATE_TEST) return composeTest(ctx, row);
  const locale = secret?.locale ?? contact?.locale ?? 'ru';
  const reader: Reader = {
    locale,
    timeZone: contact?.timeZone ?? 'Europe/Moscow',
    who: row.actorId === null ? undefined : nameOf(message.people.get(row.actorId)),
  };
  const definition = templateOf(row.event);
  const own = { ...counted(row.params, row.count), code: secret?.code ?? '' };
  const extra = row.event === 'digest' ? await digestValues(ctx, message, reader) : {};
  if (extra === undefined) return undefined;
  const values = {
    ...valuesFor(definition, own, reader),
    ...extra,
    name: nameOf(contact) ?? NOBODY[locale],
    link: linkOf(ctx, definition.link(row.params), secret),
  };
  const frame = { locale, publicUrl: ctx.publicUrl, unsubscribeUrl: unsubscribeUrl(ctx, row) };
  const shipped = shippedTexts(definition, locale);
  const texts = await textsInForce(ctx, row.event, locale, shipped);
  try {
    return { ...renderMail(texts, values, frame), unsubscribeUrl: frame.unsubscribeUrl };
  } catch (error) {
    // An override that was checked by another release may name what this one does not have.
    ctx.log.error({ err: error, template: row.event }, 'an edited template failed, the shipped one is used');
    return { ...renderMail(shipped, values, frame), unsubscribeUrl: frame.unsubscribeUrl };
  }
}

async function textsInForce(
  ctx: Pick<BaseContext, 'db'>,
  key: string,
  locale: Locale,
  shipped: TemplateTexts,
): Promise<TemplateTexts> {
  const override = await overrideOf(ctx.db, key, locale);
  return override && !override.shipped ? override : shipped;
}

function linkOf(ctx: Pick<BaseContext, 'publicUrl'>, path: string, secret: Secret | undefined): string {
  if (path === '') return '';
  const token = secret?.linkToken ? `?token=${encodeURIComponent(secret.linkToken)}` : '';
  return `${ctx.publicUrl}${path}${token}`;
}

function composeTest(ctx: BaseContext, row: DeliveryRow): Composed {
  const { key, locale, ...texts } = templateTestParams.parse(row.params);
  const values = sampleValues(templateOf(key), locale, ctx.publicUrl);
  const rendered = renderMail(texts, values, { locale, publicUrl: ctx.publicUrl, unsubscribeUrl: undefined });
  return { ...rendered, unsubscribeUrl: undefined };
}

async function digestValues(
  ctx: BaseContext,
  { row }: Message,
  reader: Reader,
): Promise<{ number: string; list: string } | undefined> {
  const items = await digestItems(ctx.db, row.deliveryId);
  if (items.length === 0) return undefined;
  // What reads the same and leads to the same is one line.
  const lines = new Map<string, { title: string; link: string; count: number }>();
  for (const item of items) {
    const { title, link } = renderShort(item.event, counted(item.params, item.count), { ...reader, who: undefined });
    // A payment is one of its own, however alike.
    const about = item.thread === null ? item.deliveryId : `${title}\n${link}`;
    lines.set(about, { title, link, count: (lines.get(about)?.count ?? 0) + item.count });
  }
  const told = [...lines.values()]
    .slice(0, DIGEST_LINES)
    .map(({ title, link, count }) => `• ${title}${count > 1 ? ` (${count})` : ''}\n  ${ctx.publicUrl}${link}`);
  if (lines.size > DIGEST_LINES) told.push(`… +${lines.size - DIGEST_LINES}`);
  const number = items.reduce((sum, item) => sum + item.count, 0);
  return { number: String(number), list: told.join('\n') };
}
