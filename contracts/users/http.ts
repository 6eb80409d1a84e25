import { z } from 'zod';
import { bytes, type ErrorDefinition, guest, may, type Permission, route, signedIn } from '../common/define.ts';
import { countryCode, id, locale, money, slug, text, timestamp } from '../common/values.ts';

const level = z.enum(['beginner', 'intermediate', 'expert']);
const skill = z.object({ key: slug, level });
const style = z.object({ key: slug, level });
/** ISO 639; from a few phrases to the first language. */
const language = z.object({
  code: z.string().regex(/^[a-z]{2,3}$/),
  level: z.enum(['basic', 'conversational', 'fluent', 'native']),
});
const availability = z.enum(['available', 'busy', 'unavailable']);
const visibility = z.enum(['public', 'signed_in', 'hidden']);
const kinds = z.array(z.enum(['freelancer', 'client']));
/** Fields that can be kept from guests; in their answer they are empty. */
const membersOnly = z.array(z.enum(['country', 'city', 'languages', 'hourlyRate']));

const portfolioItem = z.object({
  itemId: id,
  title: z.string(),
  description: z.string(),
  link: z.string().nullable(),
  tags: z.array(z.string()),
  images: z.array(z.object({ imageId: id, url: z.string(), width: z.number().int(), height: z.number().int() })),
  position: z.number().int(),
  version: z.number().int(),
});
const record = z.object({
  asFreelancer: z.object({
    completed: z.number().int(),
    onTime: z.number().int(),
    late: z.number().int(),
    repeatClients: z.number().int(),
    /** Mean hours from the first message to his first answer in a conversation, rounded up; null before any. */
    answersInHours: z.number().int().nullable(),
  }),
  asClient: z.object({
    ordersPlaced: z.number().int(),
    hired: z.number().int(),
    completed: z.number().int(),
    /** Hired of placed, percent. */
    hireRate: z.number().int().nullable(),
    /** Paid for finished work, in rubles, as a band. */
    spend: z.enum(['none', 'under_50k', '50k_250k', '250k_1m', 'over_1m']),
  }),
});

/** What anybody may see: a shape of its own, with no private field. */
export const publicProfile = z.object({
  userId: id,
  slug: z.string(),
  displayName: z.string(),
  kinds,
  headline: z.string().nullable(),
  aboutHtml: z.string().nullable(),
  avatarUrl: z.string().nullable(),
  country: countryCode.nullable(),
  city: z.string().nullable(),
  languages: z.array(language),
  hourlyRate: money.nullable(),
  availability,
  skills: z.array(skill),
  styles: z.array(style),
  portfolio: z.array(portfolioItem),
  rating: z.number().nullable(),
  reviewCount: z.number().int(),
  record,
  memberSince: timestamp,
});
/** One's own profile, private data included. */
export const ownProfile = publicProfile.extend({
  about: z.string().nullable(),
  email: z.string(),
  emailConfirmed: z.boolean(),
  phone: z.string().nullable(),
  phoneVerified: z.boolean(),
  locale,
  timeZone: z.string(),
  visibility,
  membersOnly,
  version: z.number().int(),
  completeness: z.object({ percent: z.number().int(), next: z.string().nullable() }),
});

const itemFields = {
  title: text(1, 150),
  description: text(0, 5000),
  link: z
    .url({ protocol: /^https?$/ })
    .max(500)
    .nullable(),
  tags: z.array(text(1, 40)).max(20),
};
const byItem = z.object({ itemId: id });
const PHOTO = bytes(['image/*'], 8 * 1024 * 1024);

/** Public routes of users, below `/api/v1`. */
export const usersHttp = {
  getOwnProfile: route({
    method: 'GET',
    path: '/me/profile',
    summary: 'Own profile',
    rows: ['U2', 'U3'],
    access: signedIn({ confirmed: false, owner: 'self' }),
    reply: ownProfile,
  }),
  editOwnProfile: route({
    method: 'PATCH',
    path: '/me/profile',
    summary: 'Edit the own profile',
    rows: ['U2', 'U3', 'U5', 'U6', 'U7'],
    access: signedIn({ owner: 'self' }),
    ifMatch: true,
    body: z
      .strictObject({
        displayName: text(1, 100),
        headline: text(0, 150).nullable(),
        about: text(0, 10_000).nullable(),
        country: countryCode.nullable(),
        city: text(0, 100).nullable(),
        timeZone: z.string().max(60),
        languages: z.array(z.strictObject(language.shape)).max(20),
        hourlyRate: money.nullable(),
        availability,
        skills: z.array(z.strictObject({ key: slug, level })).max(50),
        styles: z.array(z.strictObject({ key: slug, level })).max(30),
        visibility,
        membersOnly,
        /** Address of the profile. */
        slug: slug.min(3),
        locale,
        kinds: kinds.min(1),
      })
      .partial(),
    reply: ownProfile,
    errors: ['users.unknown_key', 'users.time_zone_unknown', 'users.slug_taken'],
    example: { body: { headline: 'Дизайнер логотипов' } },
  }),
  putAvatar: route({
    method: 'PUT',
    path: '/me/profile/avatar',
    summary: 'Set the photo',
    rows: ['U2'],
    access: signedIn({ owner: 'self' }),
    body: PHOTO,
    reply: ownProfile,
    errors: ['users.image_unreadable'],
  }),
  removeAvatar: route({
    method: 'DELETE',
    path: '/me/profile/avatar',
    summary: 'Take the photo away',
    rows: ['U2'],
    access: signedIn({ owner: 'self' }),
    reply: ownProfile,
  }),
  getProfile: route({
    method: 'GET',
    path: '/profiles/{slug}',
    summary: 'A public profile; hidden ones are not found',
    rows: ['U4', 'U7'],
    access: guest,
    params: z.object({ slug: z.string().max(100) }),
    reply: publicProfile,
    example: { params: { slug: 'anna' } },
  }),
  addPortfolioItem: route({
    method: 'POST',
    path: '/me/portfolio',
    summary: 'Add a work to the portfolio',
    rows: ['U4'],
    access: may('users.portfolio.edit'),
    idempotency: 'optional',
    body: z.strictObject({
      ...itemFields,
      description: itemFields.description.default(''),
      link: itemFields.link.default(null),
      tags: itemFields.tags.default([]),
    }),
    reply: portfolioItem,
    errors: ['users.portfolio_full'],
    example: { body: { title: 'Логотип кофейни' } },
  }),
  listOwnPortfolio: route({
    method: 'GET',
    path: '/me/portfolio',
    summary: 'Own works',
    rows: ['U4'],
    access: may('users.portfolio.edit'),
    reply: z.object({ items: z.array(portfolioItem) }),
  }),
  orderPortfolio: route({
    method: 'PUT',
    path: '/me/portfolio/order',
    summary: 'Put the own works in an order; all of them, each once',
    rows: ['U4'],
    access: may('users.portfolio.edit'),
    body: z.strictObject({ itemIds: z.array(id).max(100) }),
    reply: z.object({ items: z.array(portfolioItem) }),
    errors: ['users.order_incomplete'],
    example: { body: { itemIds: [] } },
  }),
  orderPortfolioImages: route({
    method: 'PUT',
    path: '/me/portfolio/{itemId}/images/order',
    summary: 'Put the images of a work in an order; the first is its cover',
    rows: ['U4'],
    access: may('users.portfolio.edit', { owner: 'ownWork' }),
    params: byItem,
    body: z.strictObject({ imageIds: z.array(id).max(100) }),
    reply: portfolioItem,
    errors: ['users.order_incomplete'],
    example: { body: { imageIds: [] } },
  }),
  editPortfolioItem: route({
    method: 'PATCH',
    path: '/me/portfolio/{itemId}',
    summary: 'Edit a work',
    rows: ['U4'],
    access: may('users.portfolio.edit', { owner: 'ownWork' }),
    ifMatch: true,
    params: byItem,
    body: z.strictObject({ ...itemFields, position: z.number().int().min(0).max(1000) }).partial(),
    reply: portfolioItem,
    example: { body: { title: 'Логотип' } },
  }),
  removePortfolioItem: route({
    method: 'DELETE',
    path: '/me/portfolio/{itemId}',
    summary: 'Remove a work with its images',
    rows: ['U4'],
    access: may('users.portfolio.edit', { owner: 'ownWork' }),
    params: byItem,
    reply: null,
  }),
  addPortfolioImage: route({
    method: 'POST',
    path: '/me/portfolio/{itemId}/images',
    summary: 'Add an image to a work',
    rows: ['U4'],
    access: may('users.portfolio.edit', { owner: 'ownWork' }),
    params: byItem,
    body: PHOTO,
    reply: portfolioItem,
    errors: ['users.image_unreadable', 'users.portfolio_full'],
  }),
  removePortfolioImage: route({
    method: 'DELETE',
    path: '/me/portfolio/{itemId}/images/{imageId}',
    summary: 'Remove an image',
    rows: ['U4'],
    access: may('users.portfolio.edit', { owner: 'ownWork' }),
    params: z.object({ itemId: id, imageId: id }),
    reply: null,
  }),
  getMedia: route({
    method: 'GET',
    path: '/media/{mediaId}',
    summary: 'An image of a profile',
    access: guest,
    params: z.object({ mediaId: id }),
    reply: bytes(['image/webp']),
  }),
};

export const usersPermissions: Record<string, Permission> = {
  'users.portfolio.edit': { title: { ru: 'Вести портфолио', en: 'Keep a portfolio' }, roles: ['freelancer'] },
};

export const usersErrors: Record<string, ErrorDefinition> = {
  'users.unknown_key': { status: 400, title: { ru: 'Нет такого значения в справочнике', en: 'Not in the dictionary' } },
  'users.time_zone_unknown': { status: 400, title: { ru: 'Неизвестный часовой пояс', en: 'Unknown time zone' } },
  'users.image_unreadable': {
    status: 400,
    title: { ru: 'Это не изображение, которое можно прочитать', en: 'Not an image that can be read' },
  },
  'users.slug_taken': { status: 409, title: { ru: 'Этот адрес уже занят', en: 'This address is taken' } },
  'users.order_incomplete': {
    status: 409,
    title: { ru: 'Список не совпадает с тем, что есть', en: 'The list is not what is there' },
  },
  'users.deals_running': {
    status: 409,
    title: { ru: 'Сначала завершите сделки, которые идут', en: 'End the deals that are running first' },
  },
  'users.last_admin': {
    status: 409,
    title: {
      ru: 'Вы последний администратор: сначала передайте управление',
      en: 'You are the last admin: hand the platform over first',
    },
  },
  'users.portfolio_full': { status: 409, title: { ru: 'Портфолио заполнено', en: 'The portfolio is full' } },
};
