import type { Consumers } from '#kit/service/types.ts';
import type { adminContract } from '#contracts/admin/index.ts';
import type { AdminContext } from '../context.ts';
import { putEscalation } from '../data/escalations.ts';

/** E11 */
export const ticketEscalated: Consumers<typeof adminContract, AdminContext>['ticketEscalated'] =
  async (_ctx, event) => async (tx) => {
    const { at, subjectIn = null, ...data } = event.data;
    await putEscalation(tx, { ...data, subjectIn, escalatedAt: new Date(at) });
  };
