import { z } from 'zod';
import { locale } from '#contracts/common/values.ts';

/** The event of a delivery that tries an edited template out. */
export const TEMPLATE_TEST = 'template_test';

export const templateTestParams = z.object({
  key: z.string(),
  locale,
  subject: z.string(),
  html: z.string(),
  text: z.string(),
});
