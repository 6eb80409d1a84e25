import { isProblem } from '#kit/problem.ts';
import type { BaseContext } from '../context.ts';
import type { DeliveryRow } from '../data/deliveries.ts';

export interface Attachment {
  readonly filename: string;
  readonly contentType: string;
  readonly content: Buffer;
}

/** Files that go with a mail, fetched when it is sent. One that is gone meanwhile leaves the mail with its link. Throws when analytics is away. */
export async function attachmentsOf(ctx: BaseContext, row: DeliveryRow): Promise<Attachment[]> {
  if (row.event !== 'report_ready') return [];
  try {
    const file = await ctx.clients.analytics.getReportAttachment({
      params: { reportId: String(row.params['reportId']) },
      query: { recipientId: row.userId },
    });
    const content = Buffer.from(file.base64, 'base64');
    return [{ filename: file.fileName, contentType: file.contentType, content }];
  } catch (error) {
    if (isProblem(error, 'not_found')) return [];
    throw error;
  }
}
