import { z } from 'zod';
import { internal, route } from '../common/define.ts';
import { locale } from '../common/values.ts';
import { personalDataRoutes } from '../common/personal-data.ts';
import { vitalsRoutes } from '../common/vitals.ts';

export const template = z.object({
  key: z.string(),
  locale,
  subject: z.string(),
  html: z.string(),
  text: z.string(),
  /** Variables that the template may use. */
  variables: z.array(z.string()),
  /** 0: as shipped. */
  version: z.number().int(),
});

export const notificationsInternal = {
  ...personalDataRoutes,
  ...vitalsRoutes,
  listTemplates: route({
    method: 'GET',
    path: '/internal/templates',
    summary: 'Notification templates in force',
    rows: ['D3'],
    access: internal,
    reply: z.object({ items: z.array(template) }),
  }),
  renderTemplate: route({
    method: 'POST',
    path: '/internal/templates/rendering',
    summary: 'Render a template with sample values; faults are answered as 400',
    rows: ['D3'],
    access: internal,
    status: 200,
    body: z.strictObject({
      key: z.string().max(100),
      locale,
      subject: z.string().max(300),
      html: z.string().max(50_000),
      text: z.string().max(20_000),
    }),
    reply: z.object({ subject: z.string(), html: z.string(), text: z.string() }),
    errors: ['notifications.template_faulty'],
  }),
};
